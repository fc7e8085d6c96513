import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Mailbox } from '../../../src/sandbox/mailbox.ts'

/** A device whose acknowledgements are given one by one. */
class Device {
  readonly got: string[] = []
  readonly pending: ((acknowledged: boolean) => void)[] = []
  drainedCount = 0

  deliver(letter: Buffer): Promise<boolean> {
    this.got.push(letter.toString())
    return new Promise((resolve) => {
      this.pending.push(resolve)
    })
  }

  drained(): void {
    this.drainedCount += 1
  }

  async answer(count: number, acknowledged = true): Promise<void> {
    for (const resolve of this.pending.splice(0, count)) resolve(acknowledged)
    await turn()
  }
}

function put(mailbox: Mailbox, from: number, to: number): string[] {
  const names = Array.from({ length: to - from }, (_, index) => `${from + index}`)
  for (const name of names) void mailbox.put(Buffer.from(name))
  return names
}

describe('a mailbox', () => {
  test('keeps a letter until it is acknowledged', async () => {
    const mailbox = new Mailbox()
    put(mailbox, 0, 2)
    const device = new Device()
    mailbox.attach(device)
    expect(mailbox.waiting).toBe(2)
    await device.answer(1)
    expect(mailbox.waiting).toBe(1)
    await device.answer(1, false)
    expect(mailbox.waiting).toBe(1)
  })

  test('has no more letters in flight than its window', async () => {
    const mailbox = new Mailbox()
    const names = put(mailbox, 0, 100)
    const device = new Device()
    mailbox.attach(device)
    expect(device.got).toEqual(names.slice(0, 32))
    await device.answer(10)
    expect(device.got).toEqual(names.slice(0, 42))
  })

  test('delivers again, in order, what was in flight when the device went away', async () => {
    const mailbox = new Mailbox()
    const names = put(mailbox, 0, 3)
    const before = new Device()
    const detach = mailbox.attach(before)
    await before.answer(1)
    detach()
    await before.answer(2, false)
    const after = new Device()
    mailbox.attach(after)
    expect(after.got).toEqual(names.slice(1))
  })

  test('does not hand a refused letter to the same device twice', async () => {
    const mailbox = new Mailbox()
    put(mailbox, 0, 1)
    const device = new Device()
    mailbox.attach(device)
    await device.answer(1, false)
    put(mailbox, 1, 2)
    await turn()
    expect(device.got).toEqual(['0', '1'])
  })

  test('says once that all is drained that had waited, and not for later letters', async () => {
    const mailbox = new Mailbox()
    put(mailbox, 0, 2)
    const device = new Device()
    mailbox.attach(device)
    put(mailbox, 2, 3)
    await device.answer(1)
    expect(device.drainedCount).toBe(0)
    await device.answer(1)
    expect(device.drainedCount).toBe(1)
    await device.answer(1)
    expect(device.drainedCount).toBe(1)
  })

  test('is drained at once when nothing waits', () => {
    const device = new Device()
    new Mailbox().attach(device)
    expect(device.drainedCount).toBe(1)
  })

  test('tells the sender when its letter was acknowledged', async () => {
    const mailbox = new Mailbox()
    let acknowledged = false
    void mailbox.put(Buffer.from('x')).then(() => {
      acknowledged = true
    })
    const device = new Device()
    mailbox.attach(device)
    await turn()
    expect(acknowledged).toBe(false)
    await device.answer(1)
    expect(acknowledged).toBe(true)
  })
})
