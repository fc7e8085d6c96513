/**
 * The first hour with hardware, in real Chromium: the wizard by keyboard alone, left and taken up, in every size and theme;
 * then registering a number, and people with their passwords. The simulated modems stand in for hardware.
 */
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { vaultCredentials } from '../../src/sandbox/registrations.ts'
import { judge } from './kit/judge.ts'
import { PLAIN_WORDS } from './kit/screens.ts'
import { Axe, chromiumPath, PASSWORD, picture, Stage } from './kit/stage.ts'

/** More than any screen has places to stop at. */
const TABS_MAX = 80
/** Nobody's modem: a code that is sent there is typed by a person. */
const ELSEWHERE = '+15550000298'

let stage: Stage
let page: Page
const axe = new Axe()

const at = (place: string) => `${stage.url}/#${place}`
const step = (name: string) => page.getByRole('heading', { level: 3, name, exact: true })

/** By the Tab key alone. */
async function reach(target: Locator): Promise<void> {
  await target.first().waitFor()
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if ((await target.and(page.locator(':focus')).count()) > 0) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`not to be reached by keyboard: ${target}`)
}

async function press(name: string | RegExp, key = 'Enter'): Promise<void> {
  await reach(page.getByRole('button', { name, exact: true }))
  await page.keyboard.press(key)
}

async function type(field: Locator, words: string): Promise<void> {
  await reach(field)
  await page.keyboard.press('Control+A')
  await page.keyboard.type(words)
}

describe.skipIf(chromiumPath === undefined)('the first hour with hardware', () => {
  beforeAll(async () => {
    stage = await Stage.open({ signal: false, config: { profile: 'live' } })
    const { modem } = stage.house.world.modem('a')
    modem.card.setPin('4321')
    modem.reboot()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed-wizard')
    // A refusal that the test provokes is no complaint of ours.
    expect(stage.complaints.filter((words) => !/status of 4(09|22)/.test(words))).toEqual([])
  })

  it('begins behind the setup code, at the modem, which waits for its PIN', async () => {
    const { setup_code: code } = await stage.house.api.call<{ setup_code: string }>('POST', '/api/v1/setup/code')
    page = await stage.page(await stage.window({ as: null }), `/?code=${code}`)
    await type(page.getByLabel('Password'), PASSWORD)
    await page.keyboard.press('Enter')
    await step('Modem and SIM').waitFor()
    await page.waitForURL('**/#/setup/modem')
    await page.getByText('3 tries are left.').waitFor()
    await judge(page, 'wizard-sim-pin')
  })

  it('two wrong PINs are told with what is left, and the last try wants the owner’s word', async () => {
    const { card } = stage.house.world.modem('a').modem
    await type(page.getByLabel('PIN of the SIM'), '1111')
    await page.keyboard.press('Enter')
    await page.getByText('2 tries are left.').waitFor()
    await page.getByRole('alert').getByText('Tries left: 2').waitFor()
    await type(page.getByLabel('PIN of the SIM'), '2222')
    await page.keyboard.press('Enter')
    await page.getByText('1 try is left.').waitFor()
    await judge(page, 'wizard-last-try')
    await type(page.getByLabel('PIN of the SIM'), '4321')
    // The browser itself holds back a form whose box is not ticked.
    await page.keyboard.press('Enter')
    expect(card.pinTriesLeft).toBe(1)
    await reach(page.getByRole('checkbox', { name: /last try/ }))
    await page.keyboard.press('Space')
    await press('Enter PIN')
    await page.locator('.modem .state.good').waitFor()
    expect(card.pinTriesLeft).toBe(3)
  })

  it('a test text goes to the SIM itself, with what it costs', async () => {
    await page.getByText('One text, which costs what the plan of this SIM says.').waitFor()
    await press('Send test text')
    await page.locator('.test-text [role=status]', { hasText: /sent|delivered/i }).waitFor()
    await judge(page, 'wizard-modem')
    await press('Go on')
    await step('Mode').waitFor()
  })

  it('a reload stays where it was, the inbox leads back, and another browser goes on with the same step', async () => {
    await page.reload()
    await step('Mode').waitFor()
    await judge(page, 'wizard-mode')
    await page.goto(at('/'))
    const line = page.getByRole('region', { name: 'Setting up' })
    await line.getByText('Setting up: 2 of 6 steps.').waitFor()
    await judge(page, 'wizard-line')
    await reach(line.getByRole('link', { name: 'Go on' }))
    await page.keyboard.press('Enter')
    await step('Mode').waitFor()

    const other = await stage.page(await stage.window({ as: await page.context().storageState() }), '/setup')
    await other.getByRole('heading', { level: 3, name: 'Mode', exact: true }).waitFor()
    await other.context().close()
  })

  it('each other step is done or skipped, and the summary says where the rest is done later', async () => {
    await press('Keep this')
    await step('Signal').waitFor()
    await judge(page, 'wizard-signal')
    await press('Skip this step')
    await step('Key of the data').waitFor()
    await page.getByText(/db\.key$/).waitFor()
    await judge(page, 'wizard-key')
    await press('Make recovery key')
    await page.getByText(/^(\d{5} ){5}\d{5}$/).waitFor()
    await judge(page, 'wizard-recovery-key')
    await press('I have a copy')
    await step('Notifications').waitFor()
    await judge(page, 'wizard-notifications')
    await press('Skip this step')
    await step('What is set up').waitFor()
    await judge(page, 'wizard-summary')
    const { steps } = await stage.house.api.call<{ steps: { step: string; state: string }[] }>('GET', '/api/v1/setup')
    expect(Object.fromEntries(steps.map((each) => [each.step, each.state]))).toEqual({
      password: 'done',
      modem: 'done',
      mode: 'done',
      signal: 'skipped',
      'backup-key': 'done',
      notifications: 'skipped',
    })
    await reach(page.getByRole('link', { name: 'To the inbox' }))
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Setting up' }).waitFor({ state: 'detached' })
  })

  it('all its words come out of the catalogues', async () => {
    const memory = await page.context().storageState()
    const context = await stage.window({ as: memory, language: 'qps' })
    const foreign = await stage.page(context)
    for (const name of ['modem', 'mode', 'signal', 'backup-key', 'notifications', 'summary']) {
      await foreign.goto(at(`/setup/${name}`))
      await foreign.locator('.wizard-steps').waitFor()
      expect([name, await foreign.evaluate(PLAIN_WORDS)]).toEqual([name, []])
    }
    await context.close()
  })

  it('a registration asks for the puzzle, its code and the PIN of the number, refuses wrong ones, and takes the right ones', async () => {
    await stage.house.world.server.lockNumber(ELSEWHERE, '2468', 6.5 * 86_400_000)
    const phone = stage.house.world.network.person(ELSEWHERE, 'Phone')
    await page.goto(at('/setup/signal'))
    await type(page.getByLabel('Number'), ELSEWHERE)
    await reach(page.getByRole('checkbox', { name: /signs out the phone/ }))
    await page.keyboard.press('Space')
    await press('Register a number')
    const puzzle = page.getByRole('link', { name: 'Open the puzzle' })
    await puzzle.waitFor()
    expect(await puzzle.getAttribute('href')).toMatch(/^https:\/\/signalcaptchas\.org\//)
    await judge(page, 'wizard-captcha')
    await type(page.getByLabel('Answer (signalcaptcha://…)'), 'signalcaptcha://anything')
    await page.keyboard.press('Enter')
    await page.getByText(/^Waiting for the code that Signal sends to/).waitFor()
    await stage.house.eventually('the phone has its code', () => phone.inbox.length > 0)
    const [, first = '', second = ''] = /(\d{3})-?(\d{3})/.exec(phone.inbox.at(-1)?.text ?? '') ?? []
    const wrong = first === '111' ? '222222' : '111111'
    await type(page.getByRole('textbox', { name: /^Code/ }), wrong)
    await page.keyboard.press('Enter')
    await page.getByText(/does not take this code/).waitFor()
    await judge(page, 'wizard-code')
    await type(page.getByRole('textbox', { name: /^Code/ }), `${first}-${second}`)
    await page.keyboard.press('Enter')
    await page.getByText(/set a Signal PIN/).waitFor()
    await page.getByText(/the number is free in 6 days/).waitFor()
    await type(page.getByLabel(/^Signal PIN/), '1111')
    await page.keyboard.press('Enter')
    await page.getByText('9 tries are left.', { exact: true }).waitFor()
    await judge(page, 'wizard-pin')
    await type(page.getByLabel(/^Signal PIN/), '2468')
    await page.keyboard.press('Enter')
    await page.locator('.card .state.good').first().waitFor()
    await press('Go on')
    await step('Notifications').waitFor()
    await picture(page, 'wizard-registered-1280-light')
  })

  it('the number has a PIN of one’s own: changed, and removed only when asked twice', async () => {
    await page.goto(at('/settings/signal'))
    await page.getByText(/is asked for your PIN/).waitFor()
    await type(page.getByLabel(/^Signal PIN/), '97531')
    await press('Change the PIN')
    const { server } = stage.house.world
    const credentials = vaultCredentials(ELSEWHERE)
    // The form empties itself when it is done; asking the vault before that would use up tries.
    await expect.poll(() => page.getByLabel(/^Signal PIN/).inputValue()).toBe('')
    expect(await server.vault.open(credentials, '97531')).toHaveLength(32)
    await press('Remove the PIN')
    await press('Really?')
    await page.getByText('No PIN protects your number', { exact: false }).waitFor()
    await expect(server.vault.open(credentials, '97531')).rejects.toMatchObject({ code: 'signal-pin-gone' })
    const findable = page.getByRole('checkbox', { name: /^Who knows the number/ })
    await findable.uncheck()
    await stage.house.eventually('nobody finds the number', () => server.directory.find(ELSEWHERE) === undefined)
    await findable.check()
    await stage.house.eventually('it is found again', () => server.directory.find(ELSEWHERE) !== undefined)
    await reach(page.getByRole('button', { name: 'Set the PIN' }))
    expect(await axe.findings(page, false)).toEqual([])
  })

  it('people are added, given another role, and removed only when asked twice', async () => {
    await page.goto(at('/settings/users'))
    const people = page.locator('.card', { has: page.getByRole('heading', { name: 'People' }) })
    await type(people.getByLabel('Name'), 'Sam')
    await people.getByRole('combobox', { name: /^May/ }).selectOption('sender')
    await type(people.getByLabel(/^Password/), 'short')
    await page.keyboard.press('Enter')
    expect(await people.getByRole('listitem').count()).toBe(1)
    await type(people.getByLabel(/^Password/), PASSWORD)
    await page.keyboard.press('Enter')
    await people.getByRole('listitem').filter({ hasText: 'Sam' }).waitFor()
    await people.getByLabel('Role of Sam').selectOption('viewer')
    await stage.house.eventually('the role has changed', async () => {
      const { data } = await stage.house.api.call<{ data: { name: string; role: string }[] }>('GET', '/api/v1/users')
      return data.some(({ name, role }) => name === 'Sam' && role === 'viewer')
    })
    await judge(page, 'wizard-users')
    await people.getByRole('button', { name: 'Remove Sam' }).click()
    expect(await people.getByRole('listitem').count()).toBe(2)
    await people.getByRole('button', { name: 'Really?' }).click()
    await people.getByRole('listitem').filter({ hasText: 'Sam' }).waitFor({ state: 'detached' })
  })

  it('the own password is changed with the present one alone, and ends one’s other sessions', async () => {
    const changed = 'another horse battery'
    const elsewhere = await stage.page(await stage.window({ as: null }))
    await elsewhere.getByLabel('Name').fill('admin')
    await elsewhere.getByLabel('Password').fill(PASSWORD)
    await elsewhere.getByRole('button', { name: 'Sign in' }).click()
    await elsewhere.locator('.shell').waitFor()
    await page.goto(at('/settings/users'))
    await type(page.getByLabel('Current password'), 'not this one')
    await type(page.getByLabel('New password'), changed)
    stage.expectCuts = true
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await type(page.getByLabel('Current password'), PASSWORD)
    await type(page.getByLabel('New password'), changed)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await elsewhere.getByRole('button', { name: 'Sign in' }).waitFor()
    stage.expectCuts = false
    await elsewhere.getByLabel('Name').fill('admin')
    await elsewhere.getByLabel('Password').fill(changed)
    await elsewhere.getByRole('button', { name: 'Sign in' }).click()
    await elsewhere.locator('.shell').waitFor()
    await elsewhere.context().close()
  })
})
