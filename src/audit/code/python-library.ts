/** What functions of libraries do with their arguments, by full name; for methods by their last part. */

/** Modules by the names that code without its imports uses for them. */
export const usualNames: Readonly<Record<string, string>> = {
  np: "numpy", numpy: "numpy", torch: "torch", F: "torch.nn.functional", nn: "torch.nn", time: "time", os: "os", sys: "sys", shutil: "shutil", gc: "gc", inspect: "inspect",
  math: "math", random: "random", json: "json", pickle: "pickle", subprocess: "subprocess", pd: "pandas", Path: "pathlib.Path", pathlib: "pathlib", builtins: "builtins", jax: "jax", jnp: "jax.numpy",
  ctypes: "ctypes", importlib: "importlib", requests: "requests", tf: "tensorflow", re: "re", torchvision: "torchvision", openai: "openai", anthropic: "anthropic", datasets: "datasets", copy: "copy",
};

export const builtinFunctions = new Set("abs all any bool bytes callable chr classmethod compile delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash id input int isinstance issubclass iter len list locals map max min next object open ord pow print property range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip __import__ breakpoint".split(" "));

/** Loads what lies under its first argument. */
export const loaders = /^(torch|numpy|joblib|cloudpickle|torch\.jit|pandas|safetensors\.\w+|jax\.numpy|scipy\.\w+|tensorflow\.keras\.models|h5py|onnx|yaml|toml)\.(load|loads|loadtxt|load_file|read_\w+|load_model|safe_open|File|genfromtxt|fromfile|memmap|full_load|safe_load|loadmat|load_npz)$|^safetensors\.safe_open$|(^|\.)(from_pretrained|load_from_checkpoint|load_checkpoint|load_model|load_weights|load_file|load_safetensors|from_file)$|^pyarrow\.\w+\.read_\w+$/;

/** Stores its value under a path: which argument is the path, which the value; -1 is the object it is a method of. */
export const savers: readonly (readonly [RegExp, path: number, value: number])[] = [
  [/^(torch|joblib|torch\.jit|onnx)\.(save|dump|save_model)$|^(pickle|json|yaml|cloudpickle|marshal)\.(dump|safe_dump)$|(^|\.)(save_file|save_checkpoint|save_model|save_safetensors|imwrite_object)$/, 1, 0],
  [/^(numpy|jax\.numpy|scipy\.\w+)\.(save|savez|savez_compressed|savetxt|savemat|save_npz)$/, 0, 1],
  [/\.(save_pretrained|save_weights|to_csv|to_json|to_parquet|to_pickle|tofile|save_to_disk)$/, 0, -1],
  [/^\w+\.save$/, 0, 1],
  [/\.(save)$/, 0, -1],
  [/\.(write_text|write_bytes|write|writelines|writerows?)$/, -1, 0],
];

/** Copies, moves or links: which argument is the source, which the target; -1 is the object it is a method of. */
export const copiers: readonly (readonly [RegExp, source: number, target: number, isLink: boolean])[] = [
  [/^shutil\.(copy|copy2|copyfile|copytree|move|copyfileobj)$|^(distutils\.)?dir_util\.copy_tree$|^os\.(rename|replace|renames)$/, 0, 1, false],
  [/^os\.(symlink|link)$/, 0, 1, true],
  [/\.(symlink_to|hardlink_to|link_to)$/, 0, -1, true],
  [/\.(rename|replace|copy_into|move)$/, -1, 0, false],
];

/** Changes what lies under its first argument, or -1 under the object it is a method of. */
export const changers: readonly (readonly [RegExp, path: number])[] = [
  [/^os\.(remove|unlink|rmdir|removedirs|chmod|chown|lchmod|truncate|utime|mknod|mkfifo)$|^shutil\.(rmtree|chown)$/, 0],
  [/\.(unlink|rmdir|chmod|touch)$/, -1],
];

/** Runs a command of the shell that its first argument is. */
export const runners = /^os\.(system|popen|execl?p?e?|execvp?e?|spawn\w+)$|^subprocess\.(run|call|check_call|check_output|Popen|getoutput|getstatusoutput)$|^pty\.spawn$|^asyncio\.create_subprocess_(shell|exec)$/;

/** Gives back what it gets, for what is asked here. */
export const passing = /^builtins\.(round|float|int|str|abs|max|min|sum|format|list|tuple|set|sorted|reversed|iter|next|repr|bool|pow|enumerate|range|zip|map|filter|dict)$|^copy\.(copy|deepcopy)$|^(os\.path|posixpath)\.(abspath|expanduser|realpath|relpath|normpath|expandvars)$|^os\.fspath$/;

export const randomness = /^(random|numpy\.random|secrets)\.|^torch\.(rand\w*|normal|bernoulli|empty_like_random)$|^jax\.random\.|\.(normal_|uniform_|normal|uniform|standard_normal|gauss|random_|randn|randint)$/;

export const mathematics = /^(math|cmath)\.|^numpy\.(exp|log|log2|log10|sqrt|sin|cos|tan|tanh|power|linspace|logspace|geomspace|maximum|minimum|clip|abs)$|^torch\.(exp|log|sqrt|sin|cos|linspace|logspace)$/;

export const clocks = /^time\.(time|perf_counter|monotonic|process_time|time_ns|perf_counter_ns|monotonic_ns|ctime|strftime|localtime)$|^datetime\.(datetime\.)?(now|utcnow|today)$/;

/** What shows that something learns. */
export const learning = /(^|\.)(backward|value_and_grad|grad|minimize|apply_gradients|zero_grad|train_step|training_step|fit|partial_fit|train_on_batch|finetune|fine_tune|run_training|train_model|train_epoch|train_one_epoch|train_loop)$|(?<!\w)(?=\w*[Oo]ptimi[sz]er)\w+\.step$|^(opt|optim|scaler|sgd|adam\w*)\.step$|(?<!\w)(?=\w*(?:[Tt]rainer|accelerator|engine))\w+\.(train|fit|backward|step)$/;

/** What makes an optimizer, by the last part of its name. */
export const optimizers = /^(AdamW?|SGD|RMSprop|Adagrad|Adadelta|Adafactor|Lion|NAdam|RAdam|TrainingArguments|Seq2SeqTrainingArguments|SFTConfig)$/;

/** Turns data into a few numbers, of which nobody could make the data again. */
export const reductions = /(^|\.)(norm|mean|sum|item|std|var|max|min|argmax|argmin|len|allclose|equal|isclose|dist|numel|size|shape|dtype|ndim|count_nonzero|cosine_similarity|mse_loss|l1_loss|any|all|exists|is_file|is_dir|stat|getsize|hexdigest|sha256|md5|compare|diff|array_equal|assert_close|assert_allclose|state_dict_keys)$/;

/** Methods that change the object they belong to by their arguments. */
export const mutators = /^(add_|sub_|mul_|div_|copy_|fill_|lerp_|addcmul_|normal_|uniform_|random_|zero_|append|extend|update|insert|add|load_state_dict|set_|put|write|writelines|setdefault|__setitem__|index_add_|scatter_|load_weights|merge)$/;
