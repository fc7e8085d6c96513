/**
 * The one-time setup code, as HARBOR-42-LANTERN: the only way in before there is an admin. Its hash alone is stored, so a
 * code that was lost is replaced, not shown again. Guessing is slowed down like that of passwords.
 */
import type { Database } from '../store/database.ts'
import { readSetupCode, writeSetupCode } from '../store/setup.ts'
import { hasAdmin } from '../store/users.ts'
import { FLEETING_COST, type Passwords } from './passwords.ts'

/** Easily told apart when read aloud or typed off a screen. */
const WORDS = `ACORN ALMOND AMBER ANCHOR APPLE APRON ARROW ASPEN ATLAS AUTUMN BADGER BALCONY BAMBOO BARLEY BASIN BEACON
 BERRY BISCUIT BLANKET BLOSSOM BONFIRE BRANCH BREEZE BRIDGE BUCKET BUTTON CABIN CACTUS CAMEL CANDLE CANYON CARROT CASTLE
 CEDAR CELLAR CHERRY CHIMNEY CIDER CINDER CIRCUS CLOVER COBALT COMET COPPER CORAL COTTON CRADLE CRYSTAL CURTAIN DAISY
 DESERT DINNER DOLPHIN DONKEY DRAGON EAGLE EMBER ENGINE FALCON FEATHER FENNEL FERRY FIDDLE FINGER FLOWER FOREST FOUNTAIN
 GALAXY GARDEN GARLIC GINGER GLACIER GOBLET GRANITE GRAPE GRAVEL GUITAR HAMMER HARBOR HARVEST HAZEL HELMET HERON HONEY
 HORIZON ISLAND IVORY JACKET JASMINE JUNGLE KETTLE KITCHEN LADDER LAGOON LANTERN LAUREL LEMON LILAC LINEN LOBSTER MAGNET
 MANGO MAPLE MARBLE MEADOW MELON METEOR MIRROR MORNING MUFFIN NAPKIN NECTAR NEEDLE NUTMEG OCEAN OLIVE ORANGE ORCHARD
 OTTER PADDLE PALACE PANTHER PARSLEY PEBBLE PELICAN PENCIL PEPPER PIANO PICNIC PILLOW PLANET POCKET POPPY POTATO PRAIRIE
 PUZZLE QUARTZ RABBIT RAVEN RIBBON RIVER ROBIN ROCKET SADDLE SAFFRON SALMON SANDAL SATURN SHADOW SILVER SPARROW SPICE
 SPRUCE STABLE SUMMER SUNSET TEAPOT TEMPLE THISTLE THUNDER TIMBER TOMATO TRUMPET TULIP TUNNEL TURTLE VALLEY VELVET VIOLIN
 WAGON WALNUT WHISTLE WILLOW WINDOW WINTER WIZARD ZEBRA`
  .split(/\s+/)
  .sort()

export interface CodeSources {
  db: Database
  passwords: Pick<Passwords, 'hash' | 'verify'>
  randomOctets: (count: number) => Uint8Array
}

/** A new code in place of the one before; undefined when there is an admin already. */
export async function newSetupCode({ db, passwords, randomOctets }: CodeSources): Promise<string | undefined> {
  if (await hasAdmin(db)) return undefined
  const pick = (below: number) => Buffer.from(randomOctets(6)).readUIntBE(0, 6) % below
  const word = () => WORDS[pick(WORDS.length)] ?? ''
  const code = `${word()}-${10 + pick(90)}-${word()}`
  await writeSetupCode(db, await passwords.hash(code, FLEETING_COST))
  return code
}

/** However it was typed. */
export async function isSetupCode({ db, passwords }: CodeSources, given: string): Promise<boolean> {
  const code = given
    .trim()
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '-')
  return await passwords.verify(code, await readSetupCode(db))
}
