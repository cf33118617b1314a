/** A sentence from the server: text between backticks is code. */
export function Sentence({ text }: { text: string }) {
  const parts = text.split("`");
  // A single backtick is literal.
  if (parts.length % 2 === 0) return text;
  return parts.map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}
