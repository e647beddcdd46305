// The same business bytes for everyone: what a contestant's signer adds is its own affair.

const person = (index) => ({
  name: `Sample Person ${index}`,
  addresses: [`${index} Invented Street, Samplebury`],
  aliases: [`S. Person ${index}`],
  dates_of_birth: ['1970-01-01'],
  nationalities: ['NG'],
  pep: { pep_level: 2, political_positions: [{ country: 'NG', from: '2015', position: 'Councillor', to: '2019' }], sources: [{ source_link: 'https://news.example.com/a', source_name: 'News' }] },
  sanctions: [],
})

const actions = Object.fromEntries(
  ['Liveness_Check', 'Register_Selfie', 'Selfie_Provided', 'Verify_ID_Number', 'Human_Review_Compare', 'Return_Personal_Info', 'Selfie_To_ID_Card_Compare', 'Human_Review_Update_Selfie', 'Human_Review_Liveness_Check', 'Selfie_To_ID_Authority_Compare', 'Update_Registered_Selfie_On_File', 'Selfie_To_Registered_Selfie_Compare'].map((name) => [name, 'Not Applicable']),
)

const v1 = (more) => ({
  Actions: actions,
  ConfidenceValue: '99',
  PartnerParams: { job_id: 'JOB', job_type: '1', user_id: 'user-77b2', account_id: 'acc-1' },
  ResultCode: '0810',
  ResultText: 'Enroll User',
  SmileJobID: '0000091001',
  Source: 'WebAPI',
  ...more,
})

/** `JOB` stands for the job id, which differs from delivery to delivery. */
export const payloads = {
  'v3 0.6 kB': { generation: 'v3', payload: { status: 'clear', message: 'Verification successful', reason: null, product: 'document_verification', partner_params: { order_ref: 'JOB', account_id: 'acc-1' }, id_fields: { full_name: 'Ada Bello Example', id_number: 'X0000417', country: 'GH', id_type: 'PASSPORT', date_of_birth: '1991-04-23', expiration_date: '2032-02-10', address: '14 Invented Close, Samplebury' }, kyc_receipt: 'https://receipts.example.com/kyc/88f612e60a65d48e4229' } },
  'v1 2 kB': { generation: 'v1', payload: v1({ FullData: { note: 'x'.repeat(1000) } }) },
  'v1 60 kB': { generation: 'v1', payload: v1({ PartnerParams: { job_id: 'JOB', job_type: '10' }, ResultCode: '1030', ResultText: 'Found on list', no_of_persons_found: 160, people: Array.from({ length: 160 }, (_, index) => person(index)) }) },
  '1.4 MB': { generation: 'v1', payload: v1({ Photo: 'A'.repeat(1_400_000) }) },
}

export const credential = { partnerId: '085', apiKey: 'bench-key-not-a-secret' }
