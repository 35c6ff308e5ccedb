"""Chat templates beside those of `tiny_model.STYLES`: how families differ, and how templates lie.

Short, in words of our own, with the real control tokens and turns. Each names the style whose
tokenizer it goes with.
"""

from __future__ import annotations

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>"
    "\n\n{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)

# Name: style of the tokenizer, template.
FAMILIES = {
    # SmolLM2 greets with a system turn of its own where none is given.
    "smollm2": (
        "chatml",
        "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are a helpful assistant"
        "<|im_end|>\n{% endif %}" + CHATML,
    ),
    # Qwen3 shows an empty thought before the last answer, and asks with it when told not to think.
    "qwen3": (
        "chatml",
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and "
        "loop.last %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking is defined and "
        "enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
    ),
    # As fine-tunes of it are published, which do not ask whether to think.
    "qwen3-no-thought": (
        "chatml",
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and "
        "loop.last %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n\n</think>\n\n{% endif %}",
    ),
    "qwen3-late-thought": (
        "chatml",
        CHATML.replace(
            "{{ m.content }}",
            "{% if m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}",
        ),
    ),
    # Llama 3.1 writes a day of the past where nobody tells it the time.
    "llama3.1": (
        "llama3",
        "{% if not date_string is defined %}{% set date_string = '26 Jul 2024' %}{% endif %}"
        "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>"
        "\n\n{% if m.role == 'system' %}Today Date: {{ date_string }}\n\n{% endif %}"
        "{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}"
        "<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
    ),
    # Llama 3.2 asks for the time where it is not told a date.
    "llama3.2": (
        "llama3",
        "{{- bos_token }}\n{%- if not date_string is defined %}\n    {%- if "
        'strftime_now is defined %}\n        {%- set date_string = strftime_now("%d %b %Y") %}\n'
        "    {%- else %}\n"
        "        {%- set date_string = '26 Jul 2024' %}\n    {%- endif %}\n{%- endif %}\n"
        "{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
        "{% if m.role == 'system' %}Today Date: {{ date_string }}\n\n{% endif %}"
        "{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}"
        "<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
    ),
    # Granite 3 has a system turn of its own with the date, and writes the date in a given one too.
    "granite3": (
        "granite",
        "{%- set today = strftime_now('%B %d, %Y') %}{%- for m in messages %}"
        "<|start_of_role|>{{ m.role }}<|end_of_role|>{% if loop.first %}Knowledge Cutoff Date: "
        "April 2024.\nToday's Date: {{ today }}.\n{% endif %}{{ m.content }}<|end_of_text|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|start_of_role|>assistant"
        "{% if thinking %} {thoughts}{% endif %}<|end_of_role|>{% endif %}",
    ),
}

# Name: style, template, the check that fails, what it says.
LIARS = {
    "another generation prompt": (
        "chatml",
        CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}"),
        "turn",
        "the generation prompt writes '<think>\\n' where an assistant's turn has ''",
    ),
    "no assistant's turn": (
        "chatml",
        CHATML.replace("messages %}", "messages if m.role != 'assistant' %}"),
        "turn",
        "leaves an assistant's turn out",
    ),
    "blanks within": (
        "chatml",
        CHATML.replace("{{ m.content }}", "{{ m.content.split() | join(' ') }}"),
        "wording",
        "do not show the input as it was given: blanks",
    ),
    "small letters": (
        "chatml",
        CHATML.replace("{{ m.content }}", "{{ m.content if loop.first else m.content | lower }}"),
        "wording",
        "do not show the input as it was given",
    ),
    "two starts": (
        "llama3",
        "{{ bos_token }}" + LLAMA,
        "start",
        "begin with two <|begin_of_text|>",
    ),
}
