"""What is asked of every page as a browser shows it: names, order, contrast, size, and nothing wider than the screen.

``LOOK`` runs in the page and returns a list of complaints, each a sentence. It checks with own rules what most often goes
wrong; it is no full audit."""

LOOK = r"""
(least) => {
  const found = [];
  const seen = (el) => {
    const box = el.getBoundingClientRect(), style = getComputedStyle(el);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.display !== "none";
  };
  const short = (el) => el.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  document.querySelectorAll("details").forEach((d) => { d.open = true; });

  // Landmarks, language, title, headings in order
  if (document.documentElement.lang !== "en") found.push("no language");
  if (!document.title.trim()) found.push("no title");
  for (const [name, count] of [["main", 1], ["header.top", 1], ["footer", 1], ["h1", 1]])
    if (document.querySelectorAll(name).length !== count) found.push(`not exactly one ${name}`);
  let level = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
    const now = Number(h.tagName[1]);
    if (now > level + 1) found.push(`heading jumps from ${level} to ${now}: ${h.textContent.trim()}`);
    if (!h.textContent.trim()) found.push("an empty heading");
    level = now;
  }
  const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
  for (const id of new Set(ids)) if (ids.filter((x) => x === id).length > 1) found.push(`id twice: ${id}`);
  for (const el of document.querySelectorAll("[aria-labelledby]"))
    for (const id of el.getAttribute("aria-labelledby").split(" "))
      if (!document.getElementById(id)) found.push(`labelled by nothing: ${id}`);

  // Every control has a name; fields have labels; nothing is said by a title alone
  for (const el of document.querySelectorAll("a[href], button, summary"))
    if (!el.textContent.trim()) found.push(`no name: ${short(el)}`);
  for (const el of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!el.labels.length || !el.labels[0].textContent.trim()) found.push(`no label: ${short(el)}`);
  for (const el of document.querySelectorAll("svg"))
    if (el.getAttribute("aria-hidden") !== "true") found.push(`a picture without words: ${short(el)}`);
  if (document.querySelector("[tabindex]:not([tabindex='0']):not([tabindex='-1'])")) found.push("a forced tab order");

  // Targets: 24 px at least (WCAG 2.2, 2.5.8), links inside a sentence excepted; buttons 44 px
  for (const el of document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden])")) {
    if (!seen(el) || el.classList.contains("skip")) continue;
    const box = el.getBoundingClientRect();
    const inline = el.tagName === "A" && getComputedStyle(el).display === "inline";
    const wanted = inline ? 0 : ["BUTTON", "SELECT"].includes(el.tagName) ? 44 : el.type === "radio" ? 21 : 24;
    if (Math.round(box.height) < wanted) found.push(`too small (${Math.round(box.height)}): ${short(el)}`);
  }

  // Contrast of all text against what lies behind it
  const parse = (c) => {
    const n = c.match(/[\d.]+/g).map(Number);
    return { rgb: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 };
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (el) => {
    for (let e = el; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.a > .99) return c.rgb;
    }
    return [255, 255, 255];
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + .05) / (y + .05);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const el = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !seen(el) || el.closest(".hidden, .skip, option")) continue;
    const style = getComputedStyle(el), value = ratio(parse(style.color).rgb, behind(el));
    const big = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const said = walk.currentNode.textContent.trim().slice(0, 40);
    if (value < (big ? 3 : least)) found.push(`contrast ${value.toFixed(2)}: ${said}`);
  }
  for (const el of document.querySelectorAll("input:not([type=hidden]):not([type=radio]), select, .dots circle")) {
    if (!seen(el)) continue;
    const style = getComputedStyle(el), line = el.tagName === "circle" ? style.stroke : style.borderTopColor;
    const value = ratio(parse(line).rgb, behind(el.parentElement));
    if (value < 3) found.push(`edge ${value.toFixed(2)}: ${short(el)}`);
  }

  // Nothing wider than the screen
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth) found.push(`scrolls sideways: ${wide.scrollWidth} > ${wide.clientWidth}`);
  return found;
}
"""
