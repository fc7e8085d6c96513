/** A world of its own for each test of a file, closed behind it. */
import { afterEach, beforeEach } from 'vitest'
import { World } from './world.ts'

/** The one of the test that runs. */
export let world: World

/** Said once by a file, before what else its tests begin with. */
export function useWorld(...options: Parameters<typeof World.open>): void {
  beforeEach(async () => {
    world = await World.open(...options)
  })
  afterEach(() => world.close())
}
