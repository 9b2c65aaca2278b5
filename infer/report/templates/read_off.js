"use strict";
// Reads curves off under the pointer; the page says everything without it.
for (const svg of document.querySelectorAll("svg:has(path[data-points])")) {
  const points = [...svg.querySelectorAll("path[data-points]")].flatMap((path) =>
    path.dataset.points.split(";").map((entry) => [path, ...entry.split(",").map(Number)]));
  const readout = document.createElement("p");
  readout.className = "readout";
  readout.textContent = "Point at a curve to read it off.";
  svg.after(readout);
  const cursor = document.createElementNS(svg.namespaceURI, "circle");
  cursor.setAttribute("r", "4");
  cursor.setAttribute("class", "cursor");
  const percent = (rate) => `${Number((100 * rate).toPrecision(3))} %`;
  svg.addEventListener("pointermove", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    let nearest = null, least = Infinity;
    for (const point of points) {
      const distance = (point[1] - at.x) ** 2 + (point[2] - at.y) ** 2;
      if (distance < least) { least = distance; nearest = point; }
    }
    const [path, x, y, threshold, fmr, fnmr] = nearest;
    const names = path.dataset.rates.split("|");
    cursor.setAttribute("cx", x);
    cursor.setAttribute("cy", y);
    svg.append(cursor);
    readout.textContent = `\u2068${path.dataset.label}\u2069: threshold ${threshold.toFixed(3)}, ` +
      `${names[0]} ${percent(fmr)}, ${names[1]} ${percent(fnmr)}, ${names[2]} ${percent(1 - fnmr)}`;
  });
}
