/** How large something is, in the words of a language. Pure but for `Intl`. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** 1,300,000 → "1.3 MB". `language`: BCP 47. */
export function sizeIn(bytes: number, language: string): string {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const format = { style: 'unit', unit: UNITS[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: 1 } as const
  return new Intl.NumberFormat(language, format).format(bytes / 1000 ** step)
}
