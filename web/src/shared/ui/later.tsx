import { lazy, Suspense, type ComponentType } from "react";

/** A component whose code is fetched when it is first shown, such as a dialog: until then nothing is rendered. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Loaded = lazy(async () => ({ default: await load() }));
  return function Later(props: Props) {
    return (
      <Suspense>
        <Loaded {...props} />
      </Suspense>
    );
  };
}
