// @ts-check
// Makes modem/mms/carriers.json of Debian's mobile-broadband-provider-info (public domain), by hand: npm runs it never.
// Only rows with an MMS APN and an MMSC are taken, and what is plainly wrong in them is put right or left out.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { join } from 'node:path'
import { mustRun } from './setup/child.mjs'

const debianPackage = 'mobile-broadband-provider-info'
const database = '/usr/share/mobile-broadband-provider-info/serviceproviders.xml'
const root = join(import.meta.dirname, '..')
const result = join(root, 'modem/mms/carriers.json')
const timeoutMs = 5 * 60_000
/** Plainly wrong in the database, and why: country and MMSC. */
const wrong = [
  { country: 'gb', mmsc: 'http://mms.virginmobile.co.za', why: 'the MMSC of another Virgin, in South Africa' },
]
/** Where the database gives a proxy without one: more of its proxies have this than any other. */
const proxyPort = 8080

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

if (!existsSync(database)) {
  await mustRun('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], {
    timeoutMs,
    advice: `By hand: sudo apt-get install -y --no-install-recommends ${debianPackage}`,
  })
}
const carriers = rows(readFileSync(database, 'utf8'))
const about = {
  about:
    'MMS settings of carriers. Made by scripts/carriers.mjs; do not edit: what is to be otherwise is in carrier-overrides.json.',
  source: `Debian package ${debianPackage} ${packageVersion()}, serviceproviders.xml`,
  licence: 'public domain (the dedication is in the package, /usr/share/doc/mobile-broadband-provider-info/copyright)',
}
writeFileSync(result, JSON.stringify({ ...about, carriers }, null, 2))
await mustRun(join(root, 'node_modules/.bin/biome'), ['format', '--write', result], {
  cwd: root,
  timeoutMs,
  advice: 'Format it by hand.',
})
process.stdout.write(`${carriers.length} carriers\n`)

function packageVersion() {
  return String(spawnSync('dpkg-query', ['-W', debianPackage]).stdout)
    .split('\t')[1]
    ?.trim()
}

/** @param {string} xml */
function rows(xml) {
  const bare = xml.replace(/<!--[\s\S]*?-->/g, '')
  /** @type {Record<string, unknown>[]} */
  const found = []
  /** @type {Map<string, { name: string, spn?: string[] }>} */
  const seen = new Map()
  const ids = new Set()
  for (const [, country = '', inCountry = ''] of bare.matchAll(/<country code="(\w+)">([\s\S]*?)<\/country>/g)) {
    for (const [, provider = ''] of inCountry.matchAll(/<provider[^>]*>([\s\S]*?)<\/provider>/g)) {
      const [, gsm = ''] = /<gsm>([\s\S]*?)<\/gsm>/.exec(provider) ?? []
      const names = [...(provider.split('<gsm>')[0] ?? '').matchAll(/<name(?: [^>]*)?>([^<]*)<\/name>/g)].map(
        ([, name]) => text(name),
      )
      const networks = [
        ...new Set(
          [...gsm.matchAll(/<network-id mcc="(\d{3})" mnc="(\d{2,3})"\/>/g)].map(([, mcc, mnc]) => `${mcc}-${mnc}`),
        ),
      ]
      for (const [, apn = '', inside = ''] of gsm.matchAll(/<apn value="([^"]*)">([\s\S]*?)<\/apn>/g)) {
        const mmsc = mmscOf(only(inside, 'mmsc'))
        if (mmsc === undefined || networks.length === 0) continue
        if (wrong.some((row) => row.country === country && row.mmsc === mmsc)) continue
        const proxy = proxyOf(only(inside, 'mmsproxy'))
        const [user, password] = [only(inside, 'username'), only(inside, 'password')]
        const key = JSON.stringify([networks, apn, mmsc, proxy])
        const same = seen.get(key)
        if (same !== undefined) {
          // Brands that share everything are one row; a SIM may call itself by any of the names.
          const all = new Set([...(same.spn ?? [same.name]), ...names])
          if (all.size > 1) Object.assign(same, { name: [...all].join(', '), spn: [...all] })
          continue
        }
        const dns = [...inside.matchAll(/<dns>([^<]*)<\/dns>/g)]
          .map(([, address]) => text(address))
          .filter((address) => isIPv4(address))
        const [, method] = /<authentication method="(pap|chap)"/.exec(inside) ?? []
        const row = {
          id: unique(ids, `${country}-${slug(names[0] ?? '')}`, apn),
          name: names[0] ?? '',
          ...(names.length > 1 ? { spn: names } : {}),
          networks,
          apn: text(apn),
          ...(method === undefined || user === undefined ? {} : { auth: method }),
          ...(user === undefined ? {} : { user }),
          ...(password === undefined ? {} : { password }),
          mmsc,
          ...(proxy === undefined ? {} : { proxy }),
          ...(dns.length === 0 ? {} : { dns }),
        }
        found.push(row)
        seen.set(key, row)
      }
    }
  }
  return found
}

/** @param {string | undefined} raw */
function text(raw) {
  return (raw ?? '').replace(/&(amp|lt|gt|quot|apos);/g, (whole, name) => entities.get(name) ?? whole).trim()
}

/** @param {string} xml @param {string} name */
function only(xml, name) {
  const value = text(new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1])
  return value === '' ? undefined : value
}

/** With its scheme, and the second slash that some forgot. @param {string | undefined} raw */
function mmscOf(raw) {
  if (raw === undefined) return undefined
  const url = /^https?:/i.test(raw) ? raw.replace(/^(https?):\/*/i, '$1://') : `http://${raw}`
  return URL.canParse(url) && /^https?:\/\/[\w.-]+(:\d+)?(\/|$)/i.test(url) ? url : undefined
}

/** `host:port`; addresses as people write them, without zeros in front. @param {string | undefined} raw */
function proxyOf(raw) {
  const [, given = '', port = String(proxyPort)] = /^(?:https?:\/\/)?([^:/\s]+)(?::(\d+))?\/?$/.exec(raw ?? '') ?? []
  // One row has its address as twelve digits.
  const dotted = /^\d{12}$/.test(given) ? (given.match(/\d{3}/g) ?? []).join('.') : given
  const host = /^\d+(\.\d+){3}$/.test(dotted) ? dotted.split('.').map(Number).join('.') : dotted.toLowerCase()
  const isHost = isIPv4(host) || (/^[a-z][a-z0-9.-]*$/.test(host) && host !== '')
  return isHost && host !== '0.0.0.0' ? `${host}:${port}` : undefined
}

/** @param {string} words */
function slug(words) {
  return words
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

/** @param {Set<string>} ids @param {string} base @param {string} apn */
function unique(ids, base, apn) {
  const plain = ids.has(base) ? `${base}-${slug(apn)}` : base
  let id = plain
  for (let copy = 2; ids.has(id); copy++) id = `${plain}-${copy}`
  ids.add(id)
  return id
}
