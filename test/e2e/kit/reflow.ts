/** What a narrow or enlarged window must not do to a page (WCAG 1.4.10, 1.4.4): hang over to a side, or cut words off. */

/** In words; empty is what is wanted. What scrolls to a side by itself (a row of chips, code) may, and says so in its style. */
export const OVERHANGS = `(() => {
  const found = new Set()
  const name = (element) => element.tagName.toLowerCase() + '.' + String(element.className?.baseVal ?? element.className)
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth > clientWidth) found.add('the page is ' + scrollWidth + ' px wide')
  const scrolls = (element) => element !== null && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement))
  for (const element of document.body.querySelectorAll('*')) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
    if (element.closest('.visually-hidden, .skip, svg') !== null) continue
    const { left, right, width, height } = element.getBoundingClientRect()
    if (width === 0 || height === 0) continue
    if ((right > innerWidth + 1 || left < -1) && !scrolls(element.parentElement))
      found.add(name(element) + ' reaches from ' + Math.round(left) + ' to ' + Math.round(right))
    const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(element)
    const isCut = /hidden|clip/.test(overflowX) && element.scrollWidth > element.clientWidth + 1
    if (isCut && textOverflow !== 'ellipsis' && !scrolls(element)) found.add(name(element) + ' is cut off at ' + element.clientWidth + ' of ' + element.scrollWidth)
    const isShort = /hidden|clip/.test(overflowY) && webkitLineClamp === 'none' && element.scrollHeight > element.clientHeight + 2
    if (isShort && textOverflow !== 'ellipsis') found.add(name(element) + ' is cut off below at ' + element.clientHeight + ' of ' + element.scrollHeight)
    if (/auto|scroll/.test(overflowY) && element.scrollHeight > element.clientHeight + 2 && element.clientHeight < 40)
      found.add(name(element) + ' scrolls within ' + element.clientHeight + ' px')
  }
  for (const layer of document.querySelectorAll('dialog[open], :popover-open')) {
    const { top, bottom } = layer.getBoundingClientRect()
    if (top < -1 || bottom > innerHeight + 1) found.add(name(layer) + ' reaches from ' + top + ' to ' + bottom)
    const { overflowY } = getComputedStyle(layer)
    if (layer.scrollHeight > layer.clientHeight + 1 && !/auto|scroll/.test(overflowY)) found.add(name(layer) + ' cannot be scrolled')
  }
  return [...found]
})()`
