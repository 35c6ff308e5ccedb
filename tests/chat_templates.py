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
    # Qwen3 shows an empty thought before the last answer, and in one mode asks with it.
    "qwen3": (
        "chatml",
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and "
        "loop.last %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking is defined and "
        "not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
    ),
    "qwen3-no-thought": (
        "chatml",
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and "
        "loop.last %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n\n</think>\n\n{% endif %}",
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
}

# Name: style, template, the check that fails, what it says.
LIARS = {
    "today": (
        "llama3",
        LLAMA.replace("{{ m.content", "{{ strftime_now('%d %b %Y') }}\n{{ m.content"),
        "clock",
        "every day is another prompt",
    ),
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
