// Where the page begins: first the link leaves the address, then anything is drawn.

import "./styles/base.css";
import "./styles/parts.css";
import "./styles/overlays.css";
import "./styles/tree.css";
import "./styles/shell.css";
import "./styles/usage.css";
import "./styles/panels.css";
import "./styles/list.css";
import "./styles/files.css";
import "./styles/preview.css";
import "./styles/texts.css";
import "./styles/screens.css";
import "./styles/publish.css";
import "./styles/store.css";
import "./styles/chat.css";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { refuseStrayDrops } from "./files/drag.ts";
import { followBack } from "./state/overlays.ts";
import { followLinks } from "./state/route.ts";
import { openSession } from "./state/session.ts";
import { applyTheme } from "./state/theme.ts";

openSession();
followBack();
followLinks();
applyTheme();
refuseStrayDrops();

const page = document.getElementById("page");
if (page) createRoot(page).render(<App />);
