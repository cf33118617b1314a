import { createBrowserRouter } from "react-router";
import { ComparePage } from "@/features/compare/components/ComparePage";
import { HomePage } from "@/features/home/HomePage";
import { SignInPage } from "@/features/session/components/SignInPage";
import { ClusterRoute } from "./routes/ClusterRoute";
import { ClustersRoute } from "./routes/ClustersRoute";
import { MachinesRoute } from "./routes/MachinesRoute";
import { NotFound } from "./routes/NotFound";
import { PageFault } from "./routes/PageFault";
import { PlanRoute } from "./routes/PlanRoute";
import { PlansRoute } from "./routes/PlansRoute";
import { RunRoute } from "./routes/RunRoute";
import { RunsRoute } from "./routes/RunsRoute";
import { SettingsRoute } from "./routes/SettingsRoute";
import { Shell } from "./Shell";

/** The map of pages. */
export const router = createBrowserRouter([
  { path: "/sign-in", element: <SignInPage />, errorElement: <PageFault /> },
  {
    element: <Shell />,
    errorElement: <PageFault />,
    children: [
      {
        errorElement: <PageFault />,
        children: [
          { path: "/", element: <HomePage /> },
          { path: "/clusters", element: <ClustersRoute /> },
          { path: "/clusters/:id", element: <ClusterRoute /> },
          { path: "/machines", element: <MachinesRoute /> },
          { path: "/plans", element: <PlansRoute /> },
          { path: "/plans/:id", element: <PlanRoute /> },
          { path: "/runs", element: <RunsRoute /> },
          { path: "/runs/:id", element: <RunRoute /> },
          { path: "/compare", element: <ComparePage /> },
          { path: "/settings", element: <SettingsRoute /> },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
]);
