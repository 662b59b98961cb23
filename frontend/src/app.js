// The behaviour of every page. Markup says what it wants in attributes; nothing here knows a single page.
import Alpine from "@alpinejs/csp";
import "htmx.org";

import "./parts/actions.js";
import "./parts/board.js";
import "./parts/cells.js";
import "./parts/columns.js";
import "./parts/definitions.js";
import "./parts/facts.js";
import "./parts/filters.js";
import "./parts/focus.js";
import "./parts/frame.js";
import "./parts/grid.js";
import "./parts/keyboard.js";
import "./parts/mentions.js";
import "./parts/moments.js";
import "./parts/network.js";
import "./parts/palette.js";
import "./parts/panel.js";
import "./parts/reorder.js";
import "./parts/reveal.js";
import "./parts/rows.js";
import { pickable } from "./parts/selection.js";
import "./parts/toasts.js";
import { watchCharts } from "./parts/charts.js";

Alpine.data("pickable", pickable);
Alpine.start();
watchCharts();
