// Values over the seconds of a video, drawn as SVG.

import { number, shape } from "/assets/elements.js";

const WIDTH = 640, HEIGHT = 150; // of the drawing, in its own units
const LEFT = 38, RIGHT = 10, TOP = 10, BOTTOM = 24;
const APART = 3; // times the usual time between points, from which on no line joins them

/**
 * A drawing. `points` are `{seconds, value}` in order; `limit` a value where a line lies, `from` and `to` the values at
 * the ends of the scale, `switches` seconds of which each has a line, `label` what it is for those who do not see it.
 */
export function timeline({ points, limit, from = 0, to = 1, switches = [], label }) {
  const last = Math.max(points.at(-1)?.seconds ?? 0, ...switches, 0.1);
  const across = (seconds) => LEFT + ((WIDTH - LEFT - RIGHT) * seconds) / last;
  const down = (value) => TOP + ((HEIGHT - TOP - BOTTOM) * (to - Math.min(to, Math.max(from, value)))) / (to - from);
  const line = (kind, x1, y1, x2, y2) => shape("line", { class: kind, x1, y1, x2, y2 });
  const text = (x, y, anchor, told) => shape("text", { x, y, "text-anchor": anchor }, told);
  return shape("svg", { class: "timeline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    line("grid", LEFT, down(from), WIDTH - RIGHT, down(from)),
    line("grid", LEFT, down(to), WIDTH - RIGHT, down(to)),
    line("limit-line", LEFT, down(limit), WIDTH - RIGHT, down(limit)),
    text(LEFT - 6, down(from) + 4, "end", number(from, Number.isInteger(from) ? 0 : 2)),
    text(LEFT - 6, down(to) + 4, "end", number(to, 0)),
    Math.min(limit - from, to - limit) < (to - from) / 8 ? null : text(LEFT - 6, down(limit) + 4, "end", number(limit)),
    text(LEFT, HEIGHT - 6, "start", "0 s"),
    text(WIDTH - RIGHT, HEIGHT - 6, "end", `${number(last, 1)} s`),
    ...switches.map((seconds) => line("switch", across(seconds), TOP, across(seconds), HEIGHT - BOTTOM)),
    ...runs(points).map((run) => shape("polyline", { class: "course",
      points: run.map(({ seconds, value }) => `${across(seconds).toFixed(1)},${down(value).toFixed(1)}`).join(" ") })),
    ...points.map(({ seconds, value }) => shape("circle", { class: "moment", cx: across(seconds), cy: down(value), r: 2.6 })));
}

/** The points in pieces, parted where some are missing. */
function runs(points) {
  const steps = points.slice(1).map(({ seconds }, index) => seconds - points[index].seconds).sort((one, other) => one - other);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const found = [];
  for (const [index, point] of points.entries()) {
    if (!index || point.seconds - points[index - 1].seconds > APART * usual) found.push([]);
    found.at(-1).push(point);
  }
  return found;
}
