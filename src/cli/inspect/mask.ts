/** Keys whose values say how a job went, not who somebody is. */
const plain = new Set(
  [
    // v1, contract/v1.md §1.0
    'ResultCode', 'ResultText', 'ResultType', 'SmileJobID', 'IsFinalResult', 'IsMachineResult', 'JSONVersion', 'ConfidenceValue', 'Source', 'timestamp', 'success', 'StrictMatch', 'job_complete', 'job_success', 'code',
    // v3, contract/v3.md §2.1
    'status', 'message', 'reason', 'product', 'created_at', 'completed_at', 'strict_match', 'no_of_persons_found', 'risk_level', 'risk_score', 'fraud_detected', 'fraud_risk_level', 'fraud_risk_score', 'schema_version',
    // of both
    'job_id', 'job_type',
  ],
)
/** Objects whose values are all of that sort. contract/v1.md §3.2. */
const plainInside = new Set(['Actions'])

const mask = '***'

/** A copy in which only keys, and the values that identify nobody, are left. */
export function masked(value: unknown, key?: string, inside = false): unknown {
  if (Array.isArray(value)) return value.map((one) => masked(one, key, inside))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner, name, inside || plainInside.has(name))]))
  }
  if (value === null || value === undefined || value === '') return value
  return inside || (key !== undefined && plain.has(key)) ? value : mask
}
