/** What is configured and who said so, with the defaults that only a loaded configuration knows. */
import { type ConfigValue, explainKey } from '../config/explain.ts'
import { rootShape, type ShapeNode } from '../config/shape.ts'
import type { Path } from '../config/tree.ts'
import { type Config, type LoadConfigOptions, readConfig } from '../config.ts'

/** Of one key or section, or of all; `config` undefined where it is wrong: what is written can be shown all the same. */
export function explained(
  options: LoadConfigOptions,
  config: Config | undefined,
  { path, node }: { path: Path; node: ShapeNode } = { path: [], node: rootShape() },
): ConfigValue[] {
  return explainKey(readConfig(options).layers, path, node, config === undefined ? {} : computed(config))
}

function computed(config: Config): Readonly<Record<string, string>> {
  return {
    data_dir: config.dataDir,
    runtime_dir: config.runtimeDir,
    'store.key_file': config.store.keyFile,
    'backup.directory': config.backup.directory,
    'fallback.time_zone': config.fallback.timeZone,
  }
}
