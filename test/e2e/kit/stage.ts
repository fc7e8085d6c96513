/**
 * The whole stage for the tests of the inbox: sandbox world, real gateway with its own web server and door, people who
 * signed in through it, and one Chromium that keeps a record of whatever it complained about.
 */
import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { House, type HouseOptions } from '../../../src/sandbox/house.ts'

const SCREENS = resolve('test/e2e/screens')
export const WIDE = { width: 1280, height: 800 }
export const NARROW = { width: 390, height: 844 }
const STEP_TIMEOUT_MS = 60_000
const PORT_MIN = 20_000
const PORT_END = 32_000
const PORT_TRIES = 50

/** Where Debian and its kin put Chromium; undefined where there is none, and then these tests are skipped. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

export const PASSWORD = 'correct horse battery'

/** Cookies and storage of somebody who has signed in. */
type Memory = Awaited<ReturnType<BrowserContext['storageState']>>

export interface OpenOptions {
  /** Somebody who has signed in before; the admin when left out, nobody where it is null. */
  as?: Memory | null
  viewport?: { width: number; height: number }
  dark?: boolean
  language?: string
  /** A thumb in place of a mouse. */
  touch?: boolean
  /** Device pixels of one of the page's: 2 is what a zoom of 200 % does. */
  scale?: number
}

export class Stage {
  readonly house: House
  /** Where the inbox is, over restarts, too. */
  readonly url: string
  readonly #browser: Browser
  /** Everything that any page wrote to its console as an error, or threw. */
  readonly complaints: string[] = []
  /** What a cut line makes every browser say. */
  expectCuts = false
  #admin: Memory | undefined

  private constructor(house: House, url: string, browser: Browser) {
    this.house = house
    this.url = url
    this.#browser = browser
  }

  static async open(options: HouseOptions = {}): Promise<Stage> {
    mkdirSync(SCREENS, { recursive: true })
    const listen = `127.0.0.1:${await freePort()}`
    const config = { http: { listen }, push: { local_services: true }, ...options.config }
    const house = await House.open({ ...options, config })
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      // Chromium refuses its sandbox to root; everybody else keeps it.
      chromiumSandbox: process.getuid?.() !== 0,
    })
    return new Stage(house, `http://${listen}`, browser)
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.house.close()
  }

  /** Everybody says hello, and is known by name. */
  async greet(): Promise<void> {
    const { house } = this
    await house.world.sayHello()
    await house.eventually('everybody has said hello', async () => (await house.messages('&direction=in')).length >= 5)
    for (const { name, number } of house.world.people) {
      const { id } = await house.contact(number)
      await house.api.call('PATCH', `/api/v1/contacts/${id}`, { name })
    }
  }

  /** Everybody who has said hello may write. */
  async letIn(): Promise<void> {
    for (const { number } of this.house.world.people) {
      // Who writes texts needs not be let in, and then this is refused.
      await this.house.api.ask('POST', `/api/v1/conversations/${await this.conversationWith(number)}/accept`)
    }
  }

  /** A browser window of its own, with nothing kept from others. */
  async window(options: OpenOptions = {}): Promise<BrowserContext> {
    const memory = options.as === undefined ? this.#admin : (options.as ?? undefined)
    const context = await this.#browser.newContext({
      viewport: options.viewport ?? WIDE,
      colorScheme: options.dark === true ? 'dark' : 'light',
      locale: 'en-GB',
      reducedMotion: 'reduce',
      hasTouch: options.touch === true,
      isMobile: options.touch === true,
      deviceScaleFactor: options.scale ?? 1,
      ...(memory === undefined ? {} : { storageState: memory }),
    })
    context.setDefaultTimeout(STEP_TIMEOUT_MS)
    if (options.language !== undefined) {
      const preferences = JSON.stringify({ language: options.language })
      await context.addInitScript(`localStorage.setItem('causeway-preferences', ${JSON.stringify(preferences)})`)
    }
    return context
  }

  /** A page at a place of the inbox. */
  async page(context: BrowserContext, place = '/'): Promise<Page> {
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error' && !this.expectCuts) this.complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    await page.goto(`${this.url}/#${place}`)
    return page
  }

  /** Makes the first admin at the door, with a fresh setup code; windows are theirs from then on. */
  async setUp(page: Page): Promise<void> {
    const { setup_code: code } = await this.house.api.call<{ setup_code: string }>('POST', '/api/v1/setup/code')
    await page.getByLabel('Setup code').fill(code)
    await page.getByLabel('Name', { exact: true }).fill('Robin')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.locator('.shell').waitFor()
    this.#admin = await page.context().storageState()
  }

  /** A page of the first admin, who is made at the door, at a place of the inbox. */
  async enterAsAdmin(place = '/'): Promise<Page> {
    const page = await this.page(await this.window())
    await this.setUp(page)
    if (place !== '/') await page.goto(`${this.url}/#${place}`)
    return page
  }

  /** Adds somebody, and signs them in at the door in a window of their own. */
  async enter(name: string, role: 'viewer' | 'sender', options: OpenOptions = {}): Promise<Page> {
    await this.house.api.call('POST', '/api/v1/users', { name, role, password: PASSWORD })
    const page = await this.page(await this.window({ ...options, as: null }))
    await this.signIn(page, name)
    return page
  }

  async signIn(page: Page, name: string): Promise<void> {
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('.shell').waitFor()
  }

  async conversationWith(number: string): Promise<string> {
    const contact = await this.house.contact(number)
    const { data } = await this.house.api.call<{ data: { id: string }[] }>(
      'GET',
      `/api/v1/conversations?contact_id=${contact.id}`,
    )
    return data[0]?.id ?? ''
  }
}

/**
 * One that nobody listens at now; the gateway needs the same before and after a restart. Below those that the system
 * hands out by itself (from 32768), so that no connection of anybody takes it in the seconds until the gateway is there.
 */
async function freePort(): Promise<number> {
  for (let left = PORT_TRIES; left > 0; left--) {
    const port = randomInt(PORT_MIN, PORT_END)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
  throw new Error('no port is free')
}

/** Keeps what the page looks like under test/e2e/screens. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(SCREENS, `${name}.png`) })
}

interface Violation {
  id: string
  nodes: { target: string[]; failureSummary: string }[]
}

/** Looks for barriers with axe, which it puts into each page once. */
export class Axe {
  /** In words; empty is what is wanted. `contrastOnly`: of a page that was judged whole in other colours. */
  async findings(page: Page, contrastOnly: boolean): Promise<readonly string[]> {
    // Over the debugger, since the page's own policy lets no script of others in.
    if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source)
    const rules = contrastOnly ? "runOnly: ['color-contrast']," : ''
    // Everything is judged; only of what is wrong every place is named, which is half of its work.
    const { violations } = (await page.evaluate(`axe.run({ ${rules} resultTypes: ['violations'] })`)) as {
      violations: Violation[]
    }
    return violations.map(({ id, nodes }) => {
      const [node] = nodes
      return `${id}: ${node?.target.join(' ')} (of ${nodes.length}): ${node?.failureSummary.split('\n')[1]}`
    })
  }
}
