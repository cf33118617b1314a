import { Icon, type IconName } from "./Icon";
import { chooseTheme, useTheme, type ThemeChoice } from "./theme";

const CHOICES: { choice: ThemeChoice; icon: IconName; label: string }[] = [
  { choice: "auto", icon: "circle-half", label: "System" },
  { choice: "light", icon: "sun", label: "Light" },
  { choice: "dark", icon: "moon", label: "Dark" },
];

export function ThemeSwitch() {
  const { choice } = useTheme();
  return (
    <div className="theme-switch" role="group" aria-label="Theme">
      {CHOICES.map((each) => (
        <button key={each.choice} type="button" title={each.label} aria-label={each.label} aria-pressed={choice === each.choice} onClick={() => chooseTheme(each.choice)}>
          <Icon name={each.icon} />
        </button>
      ))}
    </div>
  );
}
