def clean_key(text):
    return str(text).strip().lower().lstrip("0")
