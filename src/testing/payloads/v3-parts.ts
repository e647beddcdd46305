import type { Json } from '../../lib/json.ts'
import type { SandboxIdentity } from '../sandbox-identities.ts'

const media = 'https://media.example.com/results'

/** contract/v3.md §3.4. */
export function imageLinks(document: boolean): Json {
  const names = { selfie_image: 'selfie', ...(document && { id_card_image: 'front', id_card_back_image: 'back' }) }
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `${media}/${name}.jpg?sig=invented`]))
}

/** contract/v3.md §3.5. */
export function idFields({ givenNames = 'Invented', lastName }: SandboxIdentity, document: boolean): Json {
  const [first = '', ...others] = givenNames.split(' ')
  const common = {
    country: 'NG',
    id_type: document ? 'PASSPORT' : 'BVN',
    full_name: `${givenNames} ${lastName}`,
    id_number: document ? 'X0000417' : '00000000000',
    date_of_birth: '1991-06-04',
  }
  if (!document) return { ...common, photo_url: `${media}/id_photo.jpg?sig=invented`, document_link: null }
  return {
    ...common,
    first_name: first,
    other_names: others.join(' '),
    last_name: lastName,
    gender: 'F',
    issuance_date: '2022-02-11',
    expiration_date: '2032-02-10',
    address: '14 Invented Close, Samplebury',
  }
}

/** The shape of identity products. contract/v3.md §3.3. */
export function antifraud(status: string): Json {
  const risky = status === 'block'
  return {
    fraud_risk: { risk_level: risky ? 'high' : 'low', risk_score: risky ? 91 : 4, risk_indicators: [] },
    smile_secure: { status: 'clear', suspect_users: [] },
    summary: { fraud_detected: risky, fraud_sources: [] },
  }
}

/** Present on every result, empty on block and error. contract/v3.md §2.4. */
export function residencyPart(found: boolean): Json {
  const visa = {
    image_link: `${media}/additional_doc_1.jpg?sig=invented`,
    full_name: 'Amina F. Clearwater',
    id_number: 'B000000Y',
    issued_at: 'Sample office',
    issuance_date: '2025-03-02',
    expiry: { expiry_date: '2027-03-01', expiry_period_in_months: '24' },
    conditions: 'Invented condition text.',
    no_of_entries: 'multiple',
    document_primary_id: 'ZZ0000000',
  }
  return { additional_documents: found ? [visa] : [] }
}

/** The one body that Smile ID publishes whole. contract/v3.md §2.4. */
export function amlPart(status: string, name: string): Json {
  const listed = status === 'block'
  const people = listed || status === 'attention' ? [listedPerson(name, listed)] : []
  return {
    kyc_receipt: status === 'error' ? null : 'https://receipts.example.com/kyc/0000000000?sig=invented',
    strict_match: true,
    no_of_persons_found: people.length,
    people,
    consent: {},
    antifraud: listed ? { fraud_risk_level: 'high', fraud_risk_score: 91, fraud_risk_indicator_groups: [] } : null,
    device_signals: null,
  }
}

function listedPerson(name: string, listed: boolean): Json {
  const empty = 'addresses aliases associations dates_of_birth enforcement_actions nationalities'.split(' ')
  return {
    name,
    ...Object.fromEntries(empty.map((key) => [key, []])),
    sanctions: listed ? [{ name: 'Invented sanctions list' }] : [],
    pep: { pep_level: listed ? 1 : null, political_positions: listed ? ['Invented office'] : [], sources: [] },
    news_summary: listed
      ? []
      : [{ news_category: 'financial_crime', news_category_label: 'Financial Crime', number_of_articles: 2 }],
  }
}
