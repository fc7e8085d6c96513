/**
 * Queries of one shape, compiled once. Building and compiling a query costs several times what SQLite takes to answer it,
 * and a message asks some forty; those on its way are prepared here, all others are built where they are asked.
 *
 *   const byId = prepared((db, $: { id: string }) => db.selectFrom('contacts').selectAll().where('id', '=', $.id))
 *   const [row] = await byId(tx, { id })
 */
import { type Compilable, type CompiledQuery, type Kysely, sql } from 'kysely'
import type { Database, DatabaseTransaction, Tables } from './database.ts'
import { runOnceWithin, runWithin } from './driver.ts'

/** Stands for a value while the query is built; Kysely takes it for one. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A query that is built, as it is run: on a transaction, or on the database itself. */
type Run<Values, Rows> = (on: Database | DatabaseTransaction, values: Values) => Promise<Rows>

interface Compiled {
  readonly query: CompiledQuery
  /** For each value of the statement the name it is bound to, or undefined for a constant. */
  readonly names: readonly (string | undefined)[]
}

/**
 * A query that is built at its first use and only bound afterwards. `build` is called once, with placeholders in `$`: it
 * may put them wherever a value goes (also into `values` and `set`, one by one), but cannot look at them, so nothing of the
 * statement may depend on them; `is null` and `in` over lists do. Run it on a transaction or on the database itself.
 */
export function prepared<Values extends object, Row>(
  build: (db: Kysely<Tables>, $: Values) => Compilable<Row>,
): Run<Values, Row[]> {
  const bind = binding(build)
  return async (on, values) => {
    const asked = bind(on, values)
    return on.isTransaction ? await runWithin(on, asked) : (await on.executeQuery(asked)).rows
  }
}

/**
 * As `prepared`, for a query of this one table that each message of a batch asks anew, mostly with the same values: within a
 * transaction it is run again only when something was written to the table meanwhile. The rows are not to be changed.
 */
export function remembered<Values extends object, Row>(
  table: keyof Tables,
  build: (db: Kysely<Tables>, $: Values) => Compilable<Row>,
): Run<Values, readonly Row[]> {
  const bind = binding(build)
  return async (on, values) => {
    const asked = bind(on, values)
    return on.isTransaction ? await runOnceWithin(on, asked, table) : (await on.executeQuery(asked)).rows
  }
}

/** For `in`: all of a list that is bound as a JSON array, whatever its length. */
export function listed(jsonArray: string) {
  return sql<string & number>`(select value from json_each(${jsonArray}))`
}

/**
 * As `prepared`, for statements whose columns are those of `values` (insert, update): compiled once for each set of them.
 * A value that is undefined counts as absent.
 */
export function preparedByShape<Values extends object, Row>(
  build: (db: Kysely<Tables>, values: Values) => Compilable<Row>,
): Run<Values, Row[]> {
  return byShape(prepared<Values, Row>, build)
}

/** As `remembered`, with columns as in `preparedByShape`. */
export function rememberedByShape<Values extends object, Row>(
  table: keyof Tables,
  build: (db: Kysely<Tables>, values: Values) => Compilable<Row>,
): Run<Values, readonly Row[]> {
  return byShape((shaped) => remembered<Values, Row>(table, shaped), build)
}

function byShape<Values extends object, Row, Rows>(
  make: (build: (db: Kysely<Tables>) => Compilable<Row>) => Run<Values, Rows>,
  build: (db: Kysely<Tables>, values: Values) => Compilable<Row>,
): Run<Values, Rows> {
  const shapes = new Map<string, Run<Values, Rows>>()
  return (on, values) => {
    const names = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [name]))
    const shape = names.join()
    let run = shapes.get(shape)
    if (run === undefined) {
      run = make((db) => build(db, Object.fromEntries(names.map((name) => [name, new Placeholder(name)])) as Values))
      shapes.set(shape, run)
    }
    return run(on, values)
  }
}

/** Compiles at the first use, and binds the values of each. */
function binding<Values extends object, Row>(
  build: (db: Kysely<Tables>, $: Values) => Compilable<Row>,
): (on: Database | DatabaseTransaction, values: Values) => CompiledQuery<Row> {
  let compiled: Compiled | undefined
  return (on, values) => {
    compiled ??= compile(on, build)
    const { query, names } = compiled
    const bound = values as Readonly<Record<string, unknown>>
    const parameters: unknown[] = []
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      parameters.push(name === undefined ? query.parameters[i] : bound[name])
    }
    return { query: query.query, queryId: query.queryId, sql: query.sql, parameters } as CompiledQuery<Row>
  }
}

function compile<Values extends object, Row>(
  db: Kysely<Tables>,
  build: (db: Kysely<Tables>, $: Values) => Compilable<Row>,
): Compiled {
  const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) }) as Values
  const query = build(db, placeholders).compile()
  return { query, names: query.parameters.map((value) => (value instanceof Placeholder ? value.name : undefined)) }
}
