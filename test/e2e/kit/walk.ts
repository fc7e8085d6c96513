/** A walk through the inbox as its admin, with everybody let in: opened and closed for the tests of one file. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { HouseOptions } from '../../../src/sandbox/house.ts'
import { picture, Stage } from './stage.ts'

/** Of the file that runs. */
export let stage: Stage
export let page: Page

/** The address of a place of the inbox. */
export const at = (place: string) => `${stage.url}/#${place}`

/** Said once in a `describe`. A test that fails leaves a picture of that name, and no page may have complained. */
export function useWalk(pictureOfFailure: string, options: HouseOptions = {}): void {
  beforeAll(async () => {
    stage = await Stage.open(options)
    await stage.greet()
    await stage.letIn()
    page = await stage.enterAsAdmin()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, pictureOfFailure)
    expect(stage.complaints).toEqual([])
  })
}
