import { PassThrough } from 'node:stream'
import type { Request, Response } from 'express'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../../../src/http/problem.ts'
import { refuse } from '../../../src/http/refuse.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const full = new Problem({ status: 507, code: 'storage-full', title: 'There is no room' })

/** A request of which octets are still to come, and the answer to it. */
function refused() {
  const request = Object.assign(new PassThrough({ autoDestroy: false }), {
    complete: false,
    originalUrl: '/api/v1/media',
  })
  const said = { written: '', ended: false, headers: {} as Record<string, string> }
  const response = {
    status: () => response,
    set: (headers: Record<string, string>) => Object.assign(said.headers, headers),
    type: () => response,
    write: (text: string) => {
      said.written += text
    },
    end: () => {
      said.ended = true
    },
  }
  refuse(full, request as unknown as Request, response as unknown as Response)
  return { request, said }
}

/** What streams do of their own happens in turns that no faked clock holds back. */
const turns = () => vi.advanceTimersByTimeAsync(1)

describe('who is refused while a body is still coming', () => {
  it('has the whole answer at once, and the connection as long as octets come', async () => {
    const { request, said } = refused()
    expect(JSON.parse(said.written)).toMatchObject({ code: 'storage-full', status: 507 })
    expect(said.headers).toMatchObject({ Connection: 'close', 'Content-Length': String(said.written.length) })
    for (let second = 0; second < 10; second++) {
      request.write('more')
      await vi.advanceTimersByTimeAsync(1_000)
    }
    expect(said.ended).toBe(false)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(said.ended).toBe(true)
  })

  it('may take the answer after the last octet, and ends the connection at once by going', async () => {
    const slow = refused()
    slow.request.end('the last')
    await turns()
    expect(slow.said.ended).toBe(false)
    await vi.advanceTimersByTimeAsync(500)
    expect(slow.said.ended).toBe(true)
    const quick = refused()
    quick.request.write('one of many')
    await turns()
    quick.request.destroy()
    await turns()
    expect(quick.said.ended).toBe(true)
  })
})
