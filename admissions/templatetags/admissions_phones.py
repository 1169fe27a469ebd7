"""Phone numbers as staff read them."""

from django import template
from phonenumber_field.phonenumber import PhoneNumber

from admissions.phone_numbers import format_phone

register = template.Library()


@register.filter
def phone_number(number: PhoneNumber) -> str:
    return format_phone(number)
