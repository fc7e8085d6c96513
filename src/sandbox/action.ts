/**
 * What the world can be told to do, as data: names, words for `--help`, parameters with their kinds; and the reading of a
 * request against it. Knows no action.
 */

/** `data`: JSON where it begins like an object or a list, else a word. */
export type ParameterKind = 'text' | 'integer' | 'flag' | 'json' | 'data'

export interface Parameter {
  name: string
  summary: string
  kind: ParameterKind
  /** Must be given. */
  required?: true
  /** Taken when it is not given. */
  fallback?: string | number | boolean
  /** All that may be given. */
  oneOf?: readonly string[]
}

/** An action as documented. */
export interface ActionDocument {
  name: string
  summary: string
  parameters: readonly Parameter[]
}

export interface Action<World> extends ActionDocument {
  /** Looks at what was given before anything is done. Throws ActionError `bad-argument`. */
  check?(given: Arguments): void
  run(world: World, given: Arguments): Promise<unknown>
}

/** What is wrong with a request, in words for whoever made it. */
export class ActionError extends Error {
  /** `unknown-action`, `bad-argument`, `unknown-person`, `unknown-modem`, `impossible`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'ActionError'
    this.code = code
  }
}

/** The checked arguments of one request. */
export class Arguments {
  readonly #action: ActionDocument
  readonly #values: ReadonlyMap<string, unknown>

  /** Throws ActionError `bad-argument` for what is unknown, missing, or of another kind. */
  constructor(action: ActionDocument, body: Readonly<Record<string, unknown>>) {
    this.#action = action
    for (const name of Object.keys(body)) {
      if (!action.parameters.some((parameter) => parameter.name === name)) {
        const known = action.parameters.map((parameter) => parameter.name).join(', ')
        throw this.#wrong(name, `is not known; ${known === '' ? 'it takes none' : `known: ${known}`}`)
      }
    }
    this.#values = new Map(
      action.parameters.map((parameter) => [parameter.name, this.#read(parameter, body[parameter.name])]),
    )
  }

  text(name: string): string {
    return this.#need(name, this.optionalText(name))
  }

  optionalText(name: string): string | undefined {
    const value = this.#values.get(name)
    return typeof value === 'string' ? value : undefined
  }

  integer(name: string): number {
    return this.#need(name, this.optionalInteger(name))
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#values.get(name)
    return typeof value === 'number' ? value : undefined
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#values.get(name)
    return typeof value === 'boolean' ? value : undefined
  }

  json(name: string): unknown {
    return this.#values.get(name)
  }

  #read(parameter: Parameter, value: unknown): unknown {
    if (value === undefined || value === null) {
      if (parameter.required) throw this.#wrong(parameter.name, `is missing (${parameter.summary})`)
      return parameter.fallback
    }
    const read = byKind[parameter.kind](value)
    if (read === undefined) throw this.#wrong(parameter.name, `must be ${kindNames[parameter.kind]}`)
    if (parameter.oneOf !== undefined && !parameter.oneOf.includes(String(read))) {
      throw this.#wrong(parameter.name, `must be one of ${parameter.oneOf.join(', ')}`)
    }
    return read
  }

  #need<T>(name: string, value: T | undefined): T {
    if (value === undefined) throw this.#wrong(name, 'is missing')
    return value
  }

  #wrong(name: string, what: string): ActionError {
    return new ActionError('bad-argument', `${this.#action.name}: ${name} ${what}`)
  }
}

const kindNames: Readonly<Record<ParameterKind, string>> = {
  text: 'text',
  integer: 'a whole number',
  flag: 'true or false',
  json: 'JSON',
  data: 'a word or JSON',
}

/** A command line hands everything over as text, so text that reads as the kind will do. */
const byKind: Readonly<Record<ParameterKind, (value: unknown) => unknown>> = {
  text: (value) => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined),
  integer: (value) => {
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
    return Number.isSafeInteger(number) ? number : undefined
  },
  flag: (value) =>
    value === 'true' ? true : value === 'false' ? false : typeof value === 'boolean' ? value : undefined,
  json: parsed,
  data: (value) => (typeof value === 'string' && !/^\s*[[{]/.test(value) ? value : parsed(value)),
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
