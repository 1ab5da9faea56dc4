// The few drawings of this page.

const PATHS = {
  folder: "M3 6.5A1.5 1.5 0 0 1 4.5 5h4l2 2h7A1.5 1.5 0 0 1 19 8.5v8a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 3 16.5z",
  file: "M6 3.5h6.5L17 8v10.5H6zM12.5 3.5V8H17",
  link: "M9.5 12.5l3-3M8 11l-1.5 1.5a2.5 2.5 0 0 0 3.5 3.5L11.5 14.5M14 11l1.5-1.5a2.5 2.5 0 0 0-3.5-3.5L10.5 7.5",
  back: "M13 5l-6 6 6 6",
  play: "M7 4.5l10 6.5-10 6.5z",
} as const;

export function icon(name: keyof typeof PATHS): SVGSVGElement {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 22 22",
    width: "20",
    height: "20",
    "aria-hidden": "true",
    class: `icon ${name}`,
  })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
