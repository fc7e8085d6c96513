/**
 * Draws an icon of lucide from its outline. The build puts this in the place of lucide's own component, which knows many
 * options that nobody here uses (slim.ts).
 */
import { h } from 'preact'

interface Outline {
  name: string
  node: readonly (readonly [string, Record<string, string>])[]
}

const FRAME = {
  xmlns: 'http://www.w3.org/2000/svg',
  width: 24,
  height: 24,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  'stroke-width': 2,
  'stroke-linecap': 'round',
  'stroke-linejoin': 'round',
}

export default function icon({ name, node }: Outline) {
  return (more: Record<string, unknown>) =>
    h(
      'svg',
      { ...FRAME, class: `lucide lucide-${name}`, ...more },
      node.map(([shape, attributes]) => h(shape, attributes)),
    )
}
