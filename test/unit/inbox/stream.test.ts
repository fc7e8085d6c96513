import { describe, expect, it } from 'vitest'
import { EventStreamReader } from '../../../src/inbox/api/sse.ts'

const text = 'retry: 3000\n\nid: 7\nevent: message.sent\ndata: {"a":1}\n\n: ping\n\nid: 8\r\ndata: x\r\ndata: y\r\n\r\n'
const events = [
  { id: '7', data: '{"a":1}' },
  { id: '8', data: 'x\ny' },
]

describe('the event stream', () => {
  it('gives the same events however its text is cut', () => {
    for (let size = 1; size <= text.length; size++) {
      const reader = new EventStreamReader()
      const found = []
      for (let at = 0; at < text.length; at += size) found.push(...reader.push(text.slice(at, at + size)))
      expect(found).toEqual(events)
    }
  })

  it('refuses a line without end', () => {
    const reader = new EventStreamReader()
    expect(() => {
      for (let i = 0; i < 20; i++) reader.push('x'.repeat(100_000))
    }).toThrow()
  })
})
