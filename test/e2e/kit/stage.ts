/**
 * The whole stage for the tests of the inbox: sandbox world and real gateway, the front before it, and one Chromium that
 * keeps a record of whatever it complained about.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { House } from '../../../src/sandbox/house.ts'
import { Front } from './front.ts'

const SCREENS = resolve('test/e2e/screens')
const INBOX = resolve('dist/inbox')
export const WIDE = { width: 1280, height: 800 }
export const NARROW = { width: 390, height: 844 }
const STEP_TIMEOUT_MS = 15_000

/** Where Debian and its kin put Chromium; undefined where there is none, and then these tests are skipped. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

export interface OpenOptions {
  viewport?: { width: number; height: number }
  dark?: boolean
  language?: string
}

export class Stage {
  readonly house: House
  readonly front: Front
  readonly #browser: Browser
  /** Everything that any page wrote to its console as an error, or threw. */
  readonly complaints: string[] = []
  /** What a cut line makes every browser say. */
  expectCuts = false

  private constructor(house: House, front: Front, browser: Browser) {
    this.house = house
    this.front = front
    this.#browser = browser
  }

  static async open(): Promise<Stage> {
    mkdirSync(SCREENS, { recursive: true })
    const house = await House.open()
    const front = await Front.open(join(house.directory, 'run', 'api.sock'), INBOX)
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      // Chromium refuses its sandbox to root; everybody else keeps it.
      chromiumSandbox: process.getuid?.() !== 0,
    })
    return new Stage(house, front, browser)
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.front.close()
    await this.house.close()
  }

  /** A browser window of its own, with nothing kept from others. */
  async window(options: OpenOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      viewport: options.viewport ?? WIDE,
      colorScheme: options.dark === true ? 'dark' : 'light',
      locale: 'en-GB',
      reducedMotion: 'reduce',
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
    await page.goto(`${this.front.url}/#${place}`)
    return page
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
    const rules = contrastOnly ? "{ runOnly: ['color-contrast'] }" : '{}'
    const { violations } = (await page.evaluate(`axe.run(${rules})`)) as { violations: Violation[] }
    return violations.map(({ id, nodes }) => {
      const [node] = nodes
      return `${id}: ${node?.target.join(' ')} (of ${nodes.length}): ${node?.failureSummary.split('\n')[1]}`
    })
  }
}
