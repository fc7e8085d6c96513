/** The simulated world as the gateway shows it. */
export interface SimPerson {
  key: string
  name: string
  number: string
  summary: string
  phone: string
  signal: string
}

export interface SimModem {
  key: string
  label: string
  plugged: boolean
  coverage: string
  faults: number
}

/** Tells the world to do something. Rejects with ApiProblem. */
export type Perform = (action: Readonly<Record<string, unknown>>) => Promise<void>
