"""What a person is told once they have booked or asked for a call, and may correct."""
