import { createElement, type ComponentType } from "react";
import { createBrowserRouter, Navigate } from "react-router";
import { HomePage } from "@/features/home/HomePage";
import type { Action } from "@/shared/session/rights";
import { Waiting } from "@/shared/ui/Waiting";
import { PageUnavailable } from "./pageUnavailable";
import { NotFound } from "./routes/NotFound";
import { PageFault, WholePageFault } from "./routes/PageFault";
import { Needs } from "./routes/Needs";
import { SettingsLayout } from "./routes/SettingsLayout";
import { Shell } from "./Shell";

/** A page whose code is fetched when it is first opened; `needs`: the right that it requires. */
function later(load: () => Promise<ComponentType>, needs?: Action) {
  return {
    lazy: async () => {
      const page = createElement(await load().catch((error: unknown) => Promise.reject(new PageUnavailable(error))));
      return { element: needs === undefined ? page : <Needs action={needs}>{page}</Needs> };
    },
  };
}

const LOADING = <Waiting what="Loading…" />;

/** All routes of the web app. */
export const router = createBrowserRouter([
  {
    path: "/sign-in",
    ...later(async () => (await import("@/features/session/components/SignInPage")).SignInPage),
    errorElement: <WholePageFault />,
    hydrateFallbackElement: LOADING,
  },
  {
    path: "/share",
    ...later(async () => (await import("./routes/ShareRoutes")).ShareLayout),
    errorElement: <WholePageFault />,
    hydrateFallbackElement: LOADING,
    children: [
      { index: true, ...later(async () => (await import("@/features/shares/components/OpenSharePage")).OpenSharePage) },
      { path: "runs/:id", ...later(async () => (await import("./routes/ShareRoutes")).ShareRunRoute) },
      { path: "compare", ...later(async () => (await import("./routes/ShareRoutes")).ShareCompareRoute) },
    ],
  },
  {
    element: <Shell />,
    errorElement: <WholePageFault />,
    hydrateFallbackElement: LOADING,
    children: [
      {
        errorElement: <PageFault />,
        children: [
          { path: "/", element: <HomePage /> },
          { path: "/clusters", ...later(async () => (await import("./routes/ClustersRoute")).ClustersRoute) },
          { path: "/clusters/:id", ...later(async () => (await import("./routes/ClusterRoute")).ClusterRoute) },
          { path: "/machines", ...later(async () => (await import("./routes/MachinesRoute")).MachinesRoute) },
          { path: "/plans", ...later(async () => (await import("./routes/PlansRoute")).PlansRoute) },
          { path: "/plans/:id", ...later(async () => (await import("./routes/PlanRoute")).PlanRoute) },
          { path: "/schedules", ...later(async () => (await import("./routes/SchedulesRoute")).SchedulesRoute) },
          { path: "/schedules/:id", ...later(async () => (await import("./routes/ScheduleRoute")).ScheduleRoute) },
          { path: "/runs", ...later(async () => (await import("./routes/RunsRoute")).RunsRoute) },
          { path: "/runs/:id", ...later(async () => (await import("./routes/RunRoute")).RunRoute) },
          { path: "/compare", ...later(async () => (await import("@/features/compare/components/ComparePage")).ComparePage) },
          {
            path: "/settings",
            element: <SettingsLayout />,
            children: [
              { index: true, element: <Navigate to="account" replace /> },
              { path: "account", ...later(async () => (await import("@/features/account/components/AccountPage")).AccountPage) },
              { path: "credentials", ...later(async () => (await import("@/features/credentials/components/CredentialsPage")).CredentialsPage) },
              { path: "results", ...later(async () => (await import("@/features/stores/components/StoresPage")).StoresPage) },
              { path: "search", ...later(async () => (await import("@/features/targets/components/TargetsPage")).TargetsPage) },
              { path: "activity", ...later(async () => (await import("@/features/audit/components/AuditPage")).OwnActivityPage) },
              { path: "people", ...later(async () => (await import("@/features/people/components/PeoplePage")).PeoplePage, "manage_people") },
              { path: "teams", ...later(async () => (await import("@/features/people/components/TeamsPage")).TeamsPage, "manage_people") },
              { path: "audit", ...later(async () => (await import("@/features/audit/components/AuditPage")).AuditPage, "read_audit") },
              { path: "integrations", ...later(async () => (await import("@/features/integrations/components/IntegrationsPage")).IntegrationsPage, "manage_integrations") },
              { path: "server", ...later(async () => (await import("./routes/ServerRoute")).ServerRoute, "read_server") },
              { path: "*", element: <NotFound /> },
            ],
          },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
]);
