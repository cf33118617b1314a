import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

/**
 * Imports go one way: shared <- features <- app and offline. Inside a feature use relative paths; across folders use `@/`.
 * Among the features: results, session, account, people, audit, shares, credentials, machines and plans import no other; clusters may import
 * credentials; history results; compare results and shares; runs also clusters and plans (their requests and parts); home all of those.
 */
const all = ["results", "session", "clusters", "account", "people", "audit", "shares", "credentials", "machines", "plans", "compare", "history", "runs", "home"];
const mayUse = {
  results: [],
  session: [],
  account: [],
  people: [],
  audit: [],
  shares: [],
  credentials: [],
  clusters: ["credentials"],
  machines: [],
  plans: [],
  compare: ["results", "shares"],
  history: ["results"],
  runs: ["results", "clusters", "plans", "shares"],
  home: ["results", "session", "clusters", "plans", "runs"],
};

function forbid(files, groups, message) {
  return {
    files,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: groups, message },
            { group: ["../../*"], message: "Use @/ across folders." },
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ["dist", "dist-report", "src/shared/api/schema.gen.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["**/*.ts", "**/*.tsx"] })),
  {
    files: ["**/*.ts", "**/*.tsx"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }, globals: globals.browser },
    plugins: { "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
    },
  },
  { files: ["**/*.tsx"], ...jsxA11y.flatConfigs.strict },
  {
    files: ["**/*.tsx"],
    rules: {
      // A named region that scrolls must be focusable, so that the arrow keys scroll it (axe: scrollable-region-focusable).
      "jsx-a11y/no-noninteractive-tabindex": ["error", { tags: [], roles: ["tabpanel", "region"], allowExpressionValues: false }],
      // Event handlers on elements that are not controls, except those for dropping files: next to each drop area there is a button that does the same.
      "jsx-a11y/no-noninteractive-element-interactions": ["error", { handlers: ["onClick", "onError", "onLoad", "onMouseDown", "onMouseUp", "onKeyPress", "onKeyDown", "onKeyUp"] }],
    },
  },
  { files: ["scripts/*.mjs", "*.config.js"], languageOptions: { globals: globals.node } },
  forbid(["src/shared/**"], ["@/features/*", "@/features/**", "@/app/**", "@/offline/**"], "shared knows no feature and no page."),
  ...all.map((feature) =>
    forbid(
      [`src/features/${feature}/**`],
      ["@/app/**", "@/offline/**", ...all.filter((other) => other !== feature && !mayUse[feature].includes(other)).map((other) => `@/features/${other}/**`)],
      `${feature} may use only: shared ${mayUse[feature].join(" ")}`,
    ),
  ),
);
