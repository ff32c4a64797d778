"""For the author, once on the box, as root, with network: `python3 prepare_h100.py TASK_FOLDER DATA_FOLDER`.

Brings the model and its tokenizer into the Hugging Face cache in DATA_FOLDER, and writes questions with responses of two baselines, the model itself and
another one, to protected/prompts.jsonl.
Names of models and data sets are those of Hugging Face, and stand in task.json. Needs torch, transformers, datasets and numpy.
"""

import json
import os
import sys

task, data = sys.argv[1:3]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "task.json"), encoding="utf-8") as file:
    names = json.load(file)["profiles"]["h100"]["env"]
os.makedirs(data, exist_ok=True)
os.makedirs(os.path.join(task, "protected"), exist_ok=True)


def main():
    import torch
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    rows = load_dataset(names["QA_QUESTIONS"], split="train", streaming=True).take(int(names["QA_PROMPTS"]))
    prompts = [row["instruction"] for row in rows]
    responses = []
    for name in (names["QA_MODEL"], names["QA_BASELINE"]):
        tokenizer = AutoTokenizer.from_pretrained(name, cache_dir=data, padding_side="left")
        tokenizer.pad_token = tokenizer.eos_token
        model = AutoModelForCausalLM.from_pretrained(name, cache_dir=data, torch_dtype=torch.float32).to("cuda" if torch.cuda.is_available() else "cpu").eval()
        made = []
        for start in range(0, len(prompts), 32):
            batch = tokenizer(prompts[start : start + 32], return_tensors="pt", padding=True, truncation=True, max_length=512).to(model.device)
            with torch.no_grad():
                tokens = model.generate(**batch, max_new_tokens=128, do_sample=True, temperature=0.7, pad_token_id=tokenizer.eos_token_id)
            made += tokenizer.batch_decode(tokens[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        responses.append(made)
    with open(os.path.join(task, "protected", "prompts.jsonl"), "w", encoding="utf-8") as file:
        for prompt, *baselines in zip(prompts, *responses):
            file.write(json.dumps({"prompt": prompt, "baselines": baselines}) + "\n")


if __name__ == "__main__":
    main()
