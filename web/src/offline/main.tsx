import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { HashRouter } from "react-router";
import "@/shared/styles/main.scss";
import { OfflinePage } from "./OfflinePage";
import { readReport } from "./readReport";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root.");
createRoot(root).render(
  <StrictMode>
    <HashRouter>
      <OfflinePage reading={readReport(document)} />
    </HashRouter>
  </StrictMode>,
);
