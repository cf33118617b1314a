import { render, screen } from "@testing-library/react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { expect, it } from "vitest";
import { PageUnavailable } from "../pageUnavailable";
import { PageFault } from "./PageFault";

it.each<[Error, string, string]>([
  [new PageUnavailable(new TypeError("Failed to fetch dynamically imported module")), "This page could not be loaded", "The server does not answer."],
  [new Error("x is undefined"), "This page failed", "x is undefined"],
])("shows for %s: %s", async (error, title, sentence) => {
  const router = createMemoryRouter([{ path: "/", lazy: () => Promise.reject(error), errorElement: <PageFault />, hydrateFallbackElement: <></> }]);
  render(<RouterProvider router={router} />);
  expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe(title);
  expect(screen.getByRole("alert").textContent).toContain(sentence);
});
