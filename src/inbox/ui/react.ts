/**
 * What the virtual list asks of React, made of Preact alone: the compatibility layer that comes with Preact is larger
 * than the list. vite.config.ts puts it in the place of `react`, `react-dom` and `react/jsx-runtime`.
 */
import { Component, type ComponentChild, type ComponentType, h, options, type Ref } from 'preact'

export { useEffect, useImperativeHandle, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks'

type Props = Record<string, unknown>

/** Components that are handed their `ref` as `innerRef`; Preact keeps a `ref` to itself. */
const forwarding = new WeakSet<object>()

export function forwardRef(draw: (props: Props, ref: Ref<unknown>) => ComponentChild) {
  const component = ({ innerRef, ...props }: Props) => draw(props, (innerRef ?? null) as Ref<unknown>)
  forwarding.add(component)
  return component
}

export function jsx(type: ComponentType<Props> | string, { ref, ...props }: Props, key?: string | number) {
  const named = ref === undefined ? {} : typeof type !== 'string' && forwarding.has(type) ? { innerRef: ref } : { ref }
  return h(type as string, key === undefined ? { ...props, ...named } : { ...props, ...named, key })
}

/** Drawn again only where a property has changed. */
export function memo(type: ComponentType<Props>) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const now: Props = this.props
      return [...Object.keys(now), ...Object.keys(next)].some((name) => now[name] !== next[name])
    }

    override render(props: Props) {
      return h(type, props)
    }
  }
}

/** Draws what `act` changes before it returns. */
export function flushSync(act: () => void): void {
  const before = options.debounceRendering
  let draw: (() => void) | undefined
  options.debounceRendering = (later) => {
    draw = later
  }
  try {
    act()
    draw?.()
  } finally {
    if (before === undefined) delete options.debounceRendering
    else options.debounceRendering = before
  }
}
