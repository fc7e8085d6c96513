/** What a SIM says of its provider, by the octets that SIMs and modems give. */
import { describe, expect, test } from 'vitest'
import type { AtCommand } from '../../../modem/at/command.ts'
import { AtError } from '../../../modem/at/result.ts'
import { simProvider } from '../../../modem/sim-provider.ts'

const SPN = 'AT+CRSM=176,28486,0,0,17'
const INFO = 'AT+CRSM=192,28478,0,0,15'
const MARK = (octets: number) => `AT+CRSM=176,28478,0,0,${octets}`
/** As a USIM tells of a file of nine octets: 102.221 §11.1.1.3. */
const FCP = '621E8202412183026F3EA506C00140DE01008A01058B036F06058002000988'
/** As a SIM does: 51.011 §9.2.1. */
const HEAD = '000000046F3E040011004401020000'

/** A modem that answers those, and refuses all else. */
function modem(answers: Readonly<Record<string, string | Error>>) {
  const asked: string[] = []
  const ask = async <T>(command: AtCommand<T>): Promise<T> => {
    asked.push(command.text)
    const answer = answers[command.text] ?? new AtError('error', 'command', 'ERROR')
    if (answer instanceof Error) throw answer
    try {
      return command.parse([`+CRSM: ${answer}`])
    } catch (error) {
      throw new AtError('garbled', 'command', String(error))
    }
  }
  return { asked, provider: () => simProvider(ask) }
}

const padded = (hex: string) => `144,0,"${hex.padEnd(34, 'F')}"`
const named = async (hex: string) => (await modem({ [SPN]: padded(hex) }).provider())?.spn

describe('the name of a SIM’s provider', () => {
  test.each([
    ['in the GSM alphabet', '016769666667616666', 'giffgaff'],
    ['with a character of the extension table', '00411B6542', 'A€B'],
    ['in UCS-2', '0080041A04380432FFFF', 'Кив'],
    ['in UCS-2 of a half page', '0081030841B8B2', 'Aив'],
    ['in UCS-2 from any place', '008202053081822020', 'ԱԲ'],
    ['none: nothing but padding', '00', undefined],
    ['none: controls and spaces', '00200A0D20', undefined],
  ])('%s', async (_what, hex, name) => {
    expect(await named(hex)).toBe(name)
  })
})

describe('what the SIM says', () => {
  test('is its name and its mark, without their padding', async () => {
    const { provider, asked } = modem({
      [SPN]: padded('016769666667616666'),
      [INFO]: `144,0,${FCP}`,
      [MARK(9)]: '145,12,"5a6fFFFFFFFFFFFFFF"',
    })
    expect(await provider()).toEqual({ spn: 'giffgaff', gid1: '5A6F' })
    expect(asked).toEqual([SPN, INFO, MARK(9)])
    const old = modem({ [INFO]: `144,0,"${HEAD}"`, [MARK(4)]: '144,0,"FFFFFFFF"' })
    expect(await old.provider()).toEqual({})
    expect(old.asked).toEqual([SPN, INFO, MARK(4)])
  })

  test('is nothing where SIM or modem say no, or what makes no sense', async () => {
    for (const answer of ['106,130', '98,4,""', 'x,y', '144,0,"5A6"', `144,0,"${'00'.repeat(257)}"`, '']) {
      const { provider } = modem({ [SPN]: answer, [INFO]: answer })
      expect(await provider(), answer).toEqual({})
    }
    const { provider } = modem({ [INFO]: `144,0,"${HEAD.replace('0004', 'FFFF')}"`, [MARK(32)]: '144,0,"01"' })
    expect(await provider()).toEqual({ gid1: '01' })
  })

  test('is not asked any further of a modem that falls silent, and asked anew where the port has gone', async () => {
    const silent = modem({ [SPN]: new AtError('timeout', 'command', 'no answer') })
    expect(await silent.provider()).toEqual({})
    expect(silent.asked).toEqual([SPN])
    const gone = modem({ [SPN]: new AtError('gone', 'queued', 'unplugged') })
    expect(await gone.provider()).toBeUndefined()
  })
})
