# Every Java of the machine: `java=PATH`, then what `java -version` prints. The first that is printed is the first that is
# taken. A login shell's settings are not read here, so the usual places are looked at too; last, what JAC brought.
seen=' '
for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java 2>/dev/null)" /usr/lib/jvm/*/bin/java \
  /opt/java/*/bin/java /opt/jdk*/bin/java "$HOME"/.sdkman/candidates/java/current/bin/java /usr/local/bin/java \
  "$HOME"/.jac/java/*/bin/java; do
  [ -n "$java" ] && [ -x "$java" ] || continue
  case $seen in *" $java "*) continue ;; esac
  seen="$seen$java "
  echo "java=$java"
  "$java" -version 2>&1 | head -n 5
done
