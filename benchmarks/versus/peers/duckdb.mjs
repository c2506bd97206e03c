// Runs the statements of a file in a DuckDB in memory: node duckdb.mjs FILE
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
for (const statement of readFileSync(process.argv[2], 'utf8').split(';\n')) {
  if (statement.trim()) await connection.run(statement)
}
