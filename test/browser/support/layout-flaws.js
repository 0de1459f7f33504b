/** Runs in the page, which has the types of no other file: what leaves its box, and which texts lie on each other. */
function layoutFlaws() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide in ${root.clientWidth}`);
  const isShown = (element) => element.checkVisibility() && (element.textContent ?? '').trim() !== '';
  for (const svg of document.querySelectorAll('svg.plot')) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].filter(isShown);
    const boxes = texts.map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
    for (const { text, box } of boxes) {
      const isInside =
        box.left >= frame.left - 1 &&
        box.right <= frame.right + 1 &&
        box.top >= frame.top - 1 &&
        box.bottom <= frame.bottom + 1;
      if (!isInside) found.push(`"${text}" leaves its picture`);
    }
    for (const [i, one] of boxes.entries()) {
      for (const other of boxes.slice(i + 1)) {
        const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        // Boxes of lines touch; letters do not.
        if (width > 2 && height > 4) found.push(`"${one.text}" and "${other.text}" overlap`);
      }
    }
  }
  for (const element of document.querySelectorAll('dd, dt, h1, h2, h3, p, li')) {
    if (
      element.checkVisibility() &&
      element.scrollWidth > element.clientWidth + 1 &&
      getComputedStyle(element).display !== 'inline'
    ) {
      found.push(`"${element.textContent}" is wider than its box`);
    }
  }
  return found;
}

layoutFlaws();
