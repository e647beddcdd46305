import { definedOnly } from '../lib/json.ts'
import type { V3Status } from '../payload/v3/decode.ts'
import type { Product } from '../types/names.ts'

/** An invented person for whom Smile ID's v3 sandbox gives a fixed answer. */
export interface SandboxIdentity {
  /** `last_name` of the submitted job. */
  readonly lastName: string
  /** Undefined if Smile ID's sources do not give them. */
  readonly givenNames?: string
  /** Undefined as for the given names. */
  readonly email?: string
  /** Status of the sandbox's answer. */
  readonly status: V3Status
  /** Reason of the sandbox's answer; null on `clear`. contract/v3.md §3.1. */
  readonly reason: string | null
  /** The products for which it does. */
  readonly products: readonly Product[]
}

const enhancedKyc = ['enhanced_kyc'] as const
const kyc = ['enhanced_kyc', 'biometric_kyc'] as const
const authentication = ['smart_selfie_authentication', 'smart_selfie_compare'] as const
const selfies = ['smart_selfie_registration', ...authentication] as const
const documents = ['document_verification', 'enhanced_document_verification'] as const
const enhancedDocument = ['enhanced_document_verification'] as const
const all = [...kyc, ...selfies, ...documents] as const

const identity = (
  lastName: string,
  givenNames: string | undefined,
  status: V3Status,
  reason: string | null,
  products: readonly Product[],
): SandboxIdentity => {
  const email = givenNames && `${givenNames.replace(/ .*/, '')}.${lastName}@example.com`.toLowerCase()
  return Object.freeze(definedOnly({ lastName, givenNames, email, status, reason, products }))
}

/** The documented identities of the v3 sandbox, with their results. contract/v3.md §7. */
export const sandboxIdentities: readonly SandboxIdentity[] = Object.freeze([
  identity('Clearwater', 'Amina Fatou', 'clear', null, all),
  identity('Dangerfield', 'Rashid Omar', 'block', 'high_risk', [...kyc, ...selfies]),
  identity('Ghostwell', 'Fatima Bello', 'block', 'identifier_not_found', kyc),
  identity('Youngblood', 'Aisha Lawal', 'block', 'age_requirement_not_met', enhancedKyc),
  identity('Downsworth', 'Ngozi Ifeoma', 'error', 'service_unavailable', kyc),
  identity('Twinley', 'Obinna Chukwu', 'block', 'face_verification_failed', ['biometric_kyc', ...authentication]),
  identity('Masquero', 'Taiwo Adeyemi', 'block', 'spoof_detected', ['biometric_kyc', ...selfies]),
  identity('Blurton', 'Kofi Mensah', 'error', 'image_unavailable_or_invalid', ['biometric_kyc', ...selfies]),
  identity('Glitchford', 'Chidinma Obi', 'error', 'internal_error', ['biometric_kyc', ...selfies]),
  identity('Lockhart', undefined, 'block', 'account_locked', ['smart_selfie_authentication']),
  identity('Forgeman', 'Ade Ogundimu', 'block', 'document_check_failed', documents),
  identity('Oddpaper', 'Olumide Fashola', 'block', 'unsupported_document', documents),
  identity('Xeroxley', 'Adaeze Nnamdi', 'attention', 'document_copy_detected', documents),
  identity('Oldfield', 'Tunde Bakare', 'attention', 'document_expired', documents),
  identity('Puzzleton', 'Segun Olawale', 'error', 'document_unclassifiable', documents),
  identity('Missingley', 'Ifeanyi Okeke', 'block', 'identifier_not_found', enhancedDocument),
  identity('Badnumber', 'Wale Oladipo', 'error', 'invalid_id_number', enhancedDocument),
])
