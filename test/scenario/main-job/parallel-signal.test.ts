import { afterAll, beforeAll, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

let house: House

beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

it('64 messages handed in at once to one Signal recipient all decrypt, each once', async () => {
  const ana = house.world.person('ana')
  const texts = Array.from({ length: 64 }, (_, i) => `at once ${i}`)
  const ids = await Promise.all(texts.map((text) => house.send(ana.number, text)))
  for (const id of ids) expect(await house.reaches(id, 'delivered')).toMatchObject({ transport: 'signal' })
  expect(ana.signal?.texts.map(({ text }) => text).sort()).toEqual([...texts].sort())
  const [device] = ana.signal?.ledger() ?? []
  expect(device?.failures).toEqual([])
  expect(ana.signal?.texts.every(({ repeats }) => repeats === 0)).toBe(true)
})
