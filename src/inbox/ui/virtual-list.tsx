/**
 * A list of which only what can be seen is in the page. The only file that knows `virtua`; its scroller takes the
 * keyboard's focus, so that the list can be scrolled without a pointer.
 */
import type { ComponentChildren, JSX, RefObject } from 'preact'
import { VList, type VListHandle } from 'virtua'

/** In a log few entries stand at the end (`.log > :first-child`); the list sets `display` by itself. */
const COLUMN = { display: 'flex', flexDirection: 'column' }

export type ListHandle = VListHandle

interface VirtualListProps<T> {
  items: readonly T[]
  /** Needs a key. */
  render: (item: T, index: number) => JSX.Element
  handle?: RefObject<ListHandle>
  label: string
  role: 'log' | 'group'
  class: string
  /** Entries were put in front: what can be seen stays where it is. */
  shift?: boolean
  /** Indices that stay in the page wherever the list is. */
  keep?: readonly number[]
  onScroll?: (offset: number) => void
  onKeyDown?: (event: KeyboardEvent) => void
}

// virtua is written against React's types, which are not here; and `innerRef` is its `ref` (react.ts).
const List = VList as unknown as (props: Record<string, unknown> & { children?: ComponentChildren }) => JSX.Element

export function VirtualList<T>(props: VirtualListProps<T>) {
  const { items, render, handle, label, role, shift, keep, onScroll, onKeyDown } = props
  return (
    <List
      innerRef={handle}
      data={items}
      shift={shift ?? false}
      keepMounted={keep ?? []}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      role={role}
      aria-label={label}
      aria-live="off"
      tabIndex={0}
      className={props.class}
      style={role === 'log' ? COLUMN : undefined}
    >
      {render as unknown as ComponentChildren}
    </List>
  )
}
