"""The kinds of personal data by the names that people give them, and which key names look like one.

`ssn` is a national_id, `passport` an id. Read by `personal_fields` when a contract is loaded, and
where a field is looked for that nobody declared.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NAMES = {
    "name": "name names person persons full_name fullname first_name firstname last_name lastname "
    "surname family_name given_name middle_name maiden_name customer_name client_name patient_name "
    "user_name guest_name contact_name holder_name account_holder cardholder caller_name "
    "employee_name applicant_name insured_name policy_holder policyholder driver_name "
    "renter_name host_name tenant_name passenger_name vorname nachname nom prenom nombre apellido "
    "contact_person",
    "email": "email e_mail mail email_address e_mail_address mail_address emails",
    "phone": "phone telephone tel mobile cell fax phone_number phonenumber telephone_number "
    "mobile_number cell_number mobile_phone cell_phone fax_number phone_no telefon handy phones",
    "iban": "iban bank_account bank_account_number",
    "card": "card credit_card debit_card card_number cardnumber credit_card_number pan "
    "debit_card_number payment_card",
    "tax": "tax tax_id tax_number vat vat_id vat_number tin itin ein steuernummer",
    "national_id": "national_id ssn ssn_last_4 ssn_last4 social_security social_security_number "
    "nino ni_number national_insurance national_insurance_number nhs_number aadhaar aadhar sin "
    "bsn nif dni cpf pesel personal_number national_identity_number identity_number",
    "id": "id passport passport_number driving_licence driving_license drivers_license "
    "driver_license driver_licence licence_number license_number license_plate licence_plate "
    "number_plate plate policy policy_number policy_no policy_id claim claim_number claim_no "
    "claim_id account account_number account_no account_id target_account_number customer_id "
    "customer_number client_id client_number member_id member_number membership_number patient_id "
    "employee_id user_id username login pin pin_code password passcode security_answer "
    "security_answer_1 security_answer_2 security_answer1 security_answer2 "
    "booking_confirmation_number booking_number reservation_number medical_record_number "
    "record_number mrn vin ip ip_address device_id reference secret code",
    "address": "address addresses street street_address home_address postal_address "
    "mailing_address billing_address shipping_address delivery_address zip zipcode zip_code "
    "postcode postal_code plz adresse anschrift current_zipcode new_zipcode",
    "date": "date date_of_birth birth_date birthdate birthday dob geburtsdatum",
    "company": "company companies company_name organisation organization organisation_name "
    "organization_name supplier supplier_name vendor vendor_name merchant merchant_name firm "
    "firm_name business business_name employer employer_name",
    "none": "none no not_personal",
}
_BY_NAME = {name: kind for kind, names in _NAMES.items() for name in names.split()}
# Too general a name to suspect a field for, though right for what its owner calls personal.
_UNTELLING = (
    "name names id ids claim policy account reference code tax date card mail login ip secret pan "
    "sin handy plate passport contact person persons no none not_personal tel cell fax "
    "host_name company companies company_name organisation organization organisation_name "
    "organization_name supplier supplier_name vendor vendor_name merchant merchant_name firm "
    "firm_name business business_name"
)
_UNTELLING_NAMES = frozenset(_UNTELLING.split())
# What holds a chat's fields: `slots_name` is a name of somebody, `product_name` hardly.
_HOLDERS = frozenset({"slot", "slots", "arg", "args", "arguments", "entity", "entities"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP = re.compile(r"[\W_]+")


def _snake(name: str) -> str:
    return _GAP.sub("_", _HUMP.sub("_", name.strip())).strip("_").casefold()


def kind_named(name: str) -> str | None:
    """The kind that a name means, None for none: `SSN`, `e-mail`, `credit card`."""
    return _BY_NAME.get(_snake(name))


@lru_cache(maxsize=1 << 12)
def kind_suspected(path: str) -> str | None:
    """The kind that a field's name gives away: `customer_ssn`, `CustomerName`, `phoneNumber2`.

    Args:
        path: Its place in target or meta: `slots.name`, `customer.name`.
    """
    words = _snake(path).rstrip("0123456789").rstrip("_").split("_")
    while words[1:] and words[0] in _HOLDERS:
        words = words[1:]
    if words in (["name"], ["names"]):
        return "name"
    for first in range(len(words)):
        name = "_".join(words[first:])
        if name in _BY_NAME and name not in _UNTELLING_NAMES and _BY_NAME[name] != "none":
            return _BY_NAME[name]
    return None
