// Numbers on axes, in labels and in the reading box.

const MINUS = "\u2212";
const isChinese = document.documentElement.lang.startsWith("zh");
const STEPS = isChinese
  ? [[1e8, "亿"], [1e4, "万"]]
  : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];

function digits(value, places) {
  return value.toLocaleString("en-US", { maximumFractionDigits: places });
}

function compact(value) {
  const step = STEPS.find(([size]) => value >= size);
  return step ? `${digits(value / step[0], value / step[0] < 100 ? 2 : 1)}${step[1]}` : digits(value, 2);
}

/** Few characters, for axes and labels. */
export function shortText(value, unit) {
  const sign = value < 0 ? MINUS : "";
  const size = Math.abs(value);
  if (unit === "yuan") return `${sign}¥${compact(size)}`;
  if (unit === "ratio") return `${sign}${digits(size * 100, size < 0.1 ? 2 : 1)}%`;
  return `${sign}${compact(size)}`;
}

/** The exact value, for the reading box. */
export function fullText(value, unit) {
  if (value === null || value === undefined) return "–";
  const sign = value < 0 ? MINUS : "";
  const size = Math.abs(value);
  if (unit === "yuan") return `${sign}¥${size.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (unit === "ratio") return `${sign}${(size * 100).toFixed(2)}%`;
  return `${sign}${digits(size, 2)}`;
}

/** `2026-11-22` on an axis is `11-22`; January's first label keeps its year. */
export function axisText(text, index, all) {
  const day = /^(\d{4})-(\d{2}-\d{2})$/.exec(text);
  if (!day) return text;
  const before = /^(\d{4})-/.exec(all[index - 1] ?? "");
  return index > 0 && before && before[1] !== day[1] ? text : day[2];
}
