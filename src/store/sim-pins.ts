/** PINs of SIMs that somebody wished to have remembered: each for one SIM (ICCID), in the encrypted database alone. */
import type { Database } from './database.ts'

const KEY = 'sim_pins'

/** SIMs beyond this are forgotten, the oldest first: no box has that many. */
const PINS_MAX = 64

type Pins = readonly { iccid: string; pin: string }[]

/** The PIN that is kept for this SIM; undefined: none. */
export async function readSimPin(db: Database, iccid: string): Promise<string | undefined> {
  return (await read(db)).find((kept) => kept.iccid === iccid)?.pin
}

/** In place of the one before; undefined: forgets it. Resolves once it is on disk. */
export async function writeSimPin(db: Database, iccid: string, pin: string | undefined): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const others = (await read(tx)).filter((kept) => kept.iccid !== iccid)
    const pins = [...others, ...(pin === undefined ? [] : [{ iccid, pin }])].slice(-PINS_MAX)
    await tx
      .replaceInto('settings')
      .values({ key: KEY, value_json: JSON.stringify(pins) })
      .execute()
  })
}

/** Only this writes that row, so what is read has the shape that was written. */
async function read(db: Database): Promise<Pins> {
  const row = await db.selectFrom('settings').select('value_json').where('key', '=', KEY).executeTakeFirst()
  return row === undefined ? [] : (JSON.parse(row.value_json) as Pins)
}
