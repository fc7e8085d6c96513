/** What the owner calls people is the account's other devices' to know. */
import { expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA } from './world.ts'

useWorld()

it('a new name is told after its commit, and nothing else is', async () => {
  const told: string[] = []
  Object.assign(world.signal, {
    tellNamed: async () => {
      told.push('noted')
      return () => told.push('sent')
    },
  })
  await world.text(ANA, 'hello')
  const { id } = await world.contact(ANA)
  await world.router.updateContact(id, { policy: 'ask' })
  expect(told).toEqual([])
  await world.router.updateContact(id, { name: 'My sister' })
  expect(told).toEqual(['noted', 'sent'])
})
