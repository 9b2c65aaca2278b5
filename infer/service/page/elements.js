// Elements of the page, made without markup in strings: names of files are text, whatever they hold.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; a child may be text, null is left out. */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function shape(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** 1, 2, 3 … for the photographs in their order, as the reasons of the service count them. */
export function place(index) {
  return String(index + 1);
}

/** A similarity as people read it, with a proper minus sign. */
export function number(value, digits = 2) {
  const text = value.toFixed(digits);
  return Number(text) < 0 ? text.replace("-", "−") : text.replace("-", "");
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
