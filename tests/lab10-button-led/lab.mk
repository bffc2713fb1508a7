# Two processes, the one that starts them, and the script that ends that.
lab10-button-led.programs := led_process button_process launch_processes
lab10-button-led.scripts := kill_process.sh
lab10-button-led.uses := hw common
lab10-button-led.builds-on := lab09-callbacks
lab10-button-led.suite := led.c led_rules.c button.c button_path.c button_rules.c launch.c kill.c \
    common.c press.c actors.c compare.c
# What bench.c measures beside the solutions.
lab10-button-led.bench := $(BUILD)/hw/board
# Its FIFOs and stand-ins are not in a record.
lab10-button-led.not-replayed := yes
