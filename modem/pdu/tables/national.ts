export const LOCKING_SHIFT: Readonly<Record<number, string>> = {}
export const SINGLE_SHIFT: Readonly<Record<number, Readonly<Record<number, string>>>> = {}
